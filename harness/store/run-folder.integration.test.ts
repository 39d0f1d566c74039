import { mkdtempSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createRunFolder } from './run-folder.ts';

const identity = (store: string, seed: number) => ({ store, system: 'raft', workload: 'register', seed, startedAt: new Date(0) });
const scratch = (): string => realpathSync(mkdtempSync(join(tmpdir(), 'ordeal-store-')));

test('latest points to the newest run', () => {
  const store = scratch();
  createRunFolder(identity(store, 1));
  const second = createRunFolder(identity(store, 2));
  expect(realpathSync(join(store, 'latest'))).toBe(second.path);
});

test('the index has a line per run', () => {
  const store = scratch();
  for (const seed of [1, 2]) createRunFolder(identity(store, seed)).index({ seed });
  expect(readFileSync(join(store, 'index.jsonl'), 'utf8')).toBe('{"seed":1}\n{"seed":2}\n');
});

test('a store that cannot be written says which path and what to do', () => {
  const file = join(scratch(), 'file');
  writeFileSync(file, '');
  expect(() => createRunFolder(identity(file, 1))).toThrow(
    expect.objectContaining({ blame: 'environment', hint: expect.stringContaining('--store') }),
  );
});

test('a store where no folder can be made is refused at once', () => {
  expect(() => createRunFolder(identity('/proc/nowhere', 1))).toThrow(
    expect.objectContaining({ blame: 'environment', code: 'store-unwritable' }),
  );
});
