import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { redisConfig, sentinelConfig, startScript } from './start.ts';

const options = (id: string) => ({
  id,
  nodes: ['n1', 'n2', 'n3'],
  watched: 'ordeal',
  downAfterMs: 1000,
  failoverTimeoutMs: 3000,
});

test('the first node is primary at first, the others follow it, and two of three Sentinels must agree', () => {
  expect(redisConfig(options('n1'))).not.toContain('replicaof');
  expect(redisConfig(options('n3'))).toContain('replicaof n1 6379\n');
  expect(redisConfig(options('n3'))).toContain('replica-announce-ip n3\n');
  expect(sentinelConfig(options('n2'))).toContain('sentinel monitor ordeal n1 6379 2\n');
});

test('host names are allowed before the first one is used', () => {
  const config = sentinelConfig(options('n2'));
  expect(config.indexOf('resolve-hostnames yes')).toBeLessThan(config.indexOf('sentinel monitor'));
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ordeal-redis-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Programs of these names that only note how they were started and ended. */
const runWith = (programs: Record<string, string>) => {
  for (const [name, script] of Object.entries(programs)) {
    writeFileSync(join(folder, name), `#!/bin/bash\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  const env = { PATH: `${folder}:${process.env.PATH}`, DATA_DIR: folder, REDIS_CONF: 'a "b" %s\n', SENTINEL_CONF: 'c\n' };
  return execa('/bin/bash', ['-c', startScript], { env, reject: false });
};
const waits =
  'trap "echo $0 ended >> $DATA_DIR/log; exit 0" TERM; echo started > $DATA_DIR/$(basename $0).up; while :; do sleep 0.02; done';
const untilUp = async () => {
  while (!existsSync(join(folder, 'redis-server.up')) || !existsSync(join(folder, 'redis-sentinel.up')))
    await new Promise(resolve => setTimeout(resolve, 10));
};

test('configurations are written on the first start and left alone on the next', async () => {
  await runWith({ 'redis-server': 'exit 0', 'redis-sentinel': 'exit 0' });
  expect(readFileSync(join(folder, 'redis.conf'), 'utf8')).toBe('a "b" %s\n');
  writeFileSync(join(folder, 'redis.conf'), 'replicaof n2 6379\n');
  await runWith({ 'redis-server': 'exit 0', 'redis-sentinel': 'exit 0' });
  expect(readFileSync(join(folder, 'redis.conf'), 'utf8')).toBe('replicaof n2 6379\n');
});

test('when one of the two ends, the other is ended and the node has failed', async () => {
  const { exitCode } = await runWith({ 'redis-server': 'sleep 0.2; exit 3', 'redis-sentinel': waits });
  expect(exitCode).toBe(3);
  expect(readFileSync(join(folder, 'log'), 'utf8')).toContain('redis-sentinel ended');
});

test('asked to end, it ends both and succeeds', async () => {
  const running = runWith({ 'redis-server': waits, 'redis-sentinel': waits });
  await untilUp();
  running.kill('SIGTERM');
  expect((await running).exitCode).toBe(0);
  expect(readFileSync(join(folder, 'log'), 'utf8').trim().split('\n')).toHaveLength(2);
});
