/** The embedded server as a process: its first line, its exit codes, and what it leaves behind: nothing. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { embeddedMain, startEmbedded } from './servers.ts';
import { client, closeAll, echo, noise, pause, until } from './traffic.ts';

async function run(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [embeddedMain, ...args]);
  const [stdout, stderr] = [collect(child, 'stdout'), collect(child, 'stderr')];
  const [code] = await once(child, 'close');
  return { code, stdout: stdout(), stderr: stderr() };
}

function collect(child: ChildProcess, stream: 'stdout' | 'stderr'): () => string {
  let text = '';
  child[stream]!.on('data', chunk => {
    text += chunk;
  });
  return () => text;
}

describe('the embedded Toxiproxy as a process', () => {
  afterEach(closeAll);

  test('prints its version and its usage', async () => {
    expect(await run('-version')).toMatchObject({ code: 0, stdout: 'toxiproxy-server version 2.12.0\n' });
    expect((await run('--help')).stdout).toContain('-proxy-metrics');
  });

  test('a flag it does not know is a usage error', async () => {
    const { code, stderr } = await run('--prot', '0');
    expect(code).toBe(64);
    expect(stderr).toContain('flag provided but not defined: -prot');
  });

  test('a port in use is one clear message and exit code 4', async () => {
    const owner = createServer().listen(0, '127.0.0.1');
    await once(owner, 'listening');
    const port = String((owner.address() as { port: number }).port);
    const { code, stdout, stderr } = await run('--host', '127.0.0.1', '--port', port);
    owner.close();
    expect([code, stdout]).toEqual([4, '']);
    expect(stderr.trim().split('\n')).toEqual([
      `Cannot listen on 127.0.0.1:${port}: the port is in use. End its owner, or choose another with --port (0 takes a free one).`,
    ]);
  });

  test.each(['SIGTERM', 'SIGINT'] as const)('%s ends it with 0, with connections open and toxics holding bytes', async signal => {
    const child = spawn(process.execPath, [embeddedMain, '--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(child.stdout!, 'data')) as [Buffer];
    const url = `http://${JSON.parse(line.toString()).address}`;
    const body = JSON.stringify({ name: 'p', listen: '127.0.0.1:0', upstream: `127.0.0.1:${(await echo()).port}` });
    const { listen } = (await (await fetch(`${url}/proxies`, { method: 'POST', body })).json()) as { listen: string };
    await fetch(`${url}/proxies/p/toxics`, { method: 'POST', body: '{"type":"latency","attributes":{"latency":3600000}}' });
    (await client(Number(listen.split(':').pop()))).write(noise(100_000));
    await pause(50);
    child.kill(signal);
    const [code] = await once(child, 'exit');
    expect(code).toBe(0);
  });

  test('without metrics flags there is no /metrics, as in the real server', async () => {
    const child = spawn(process.execPath, [embeddedMain, '--port=0'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(child.stdout!, 'data')) as [Buffer];
    expect((await fetch(`http://${JSON.parse(line.toString()).address}/metrics`)).status).toBe(404);
    child.kill();
    await once(child, 'exit');
  });

  test('--config creates the proxies of a file; a bad file is logged and stops nothing', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'toxiproxy-'));
    await writeFile(join(folder, 'good.json'), '[{"name":"a","listen":"127.0.0.1:0","upstream":"127.0.0.1:1"}]');
    await writeFile(join(folder, 'bad.json'), '[{"name":');
    for (const [file, names] of [
      ['good.json', ['a']],
      ['bad.json', []],
      ['none.json', []],
    ] as const) {
      const child = spawn(process.execPath, [embeddedMain, '-port', '0', '-config', join(folder, file)]);
      const stdout = collect(child, 'stdout');
      await until('the line with the address', () => stdout().includes('listens on'));
      const address = /listens on (http\S+?)"/.exec(stdout())![1]!;
      expect(Object.keys((await (await fetch(`${address}/proxies`)).json()) as object)).toEqual(names);
      expect(stdout().includes('Failed to populate')).toBe(names.length === 0);
      child.kill();
      await once(child, 'exit');
    }
  });

  test('--runtime-metrics shows the process', async () => {
    const child = spawn(process.execPath, [embeddedMain, '-port', '0', '-runtime-metrics'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(child.stdout!, 'data')) as [Buffer];
    expect(await (await fetch(`http://${JSON.parse(line.toString()).address}/metrics`)).text()).toContain('process_cpu_seconds_total');
    child.kill();
    await once(child, 'exit');
  });

  test('ends and resets that cross leave no descriptor behind', async () => {
    const server = await startEmbedded();
    const { port } = await server.proxy('p', (await echo()).port);
    await server.call('GET', '/version');
    const descriptors = async () => (await readdir(`/proc/${server.pid}/fd`)).length;
    const before = await descriptors();
    for (let i = 0; i < 200; i++) {
      const near = await client(port);
      near.socket.end('x');
      if (i % 2) await pause(i % 3);
      near.socket.destroyed || near.socket.once('finish', () => near.socket.resetAndDestroy());
    }
    await until('the descriptors to be closed', async () => (await descriptors()) <= before + 1, 5000);
    await server.stop();
  });

  test('500 toxics added and removed under traffic, and 300 connections, leave no descriptor and no memory behind', async () => {
    const server = await startEmbedded();
    const { port } = await server.proxy('p', (await echo()).port);
    const descriptors = async () => (await readdir(`/proc/${server.pid}/fd`)).length;
    const residentMb = async () => Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${server.pid}/status`, 'utf8'))![1]) / 1024;
    await server.call('GET', '/version');
    const before = await descriptors();
    const types = ['latency', 'bandwidth', 'slicer', 'slow_close', 'limit_data', 'timeout', 'reset_peer', 'noop'];
    for (let round = 0; round < 50; round++) {
      const peers = await Promise.all(Array.from({ length: 6 }, () => client(port)));
      for (const peer of peers) peer.write(noise(50_000));
      for (let i = 0; i < 10; i++) {
        const type = types[(round + i) % types.length]!;
        const stream = i % 2 ? 'upstream' : 'downstream';
        await server.toxic('p', type, { latency: 50, rate: 100, average_size: 500, delay: 100, bytes: 10_000 }, { name: 't', stream });
        expect((await server.call('DELETE', '/proxies/p/toxics/t')).status).toBe(204);
      }
      for (const peer of peers) peer.socket.destroy();
    }
    await until('the descriptors to be closed', async () => (await descriptors()) <= before + 1, 5000);
    expect(await residentMb()).toBeLessThan(300);
    await server.stop();
  }, 60_000);
});
