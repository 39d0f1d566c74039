/**
 * Toxics that lose nothing come, change and go at random under traffic in both directions, and every byte arrives, in order, and
 * then the end. Embedded server only: the API of the real one can hang when toxics are removed under traffic.
 */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startEmbedded, type Toxiproxy } from './servers.ts';
import { checksum, client, closeAll, noise, type Peer, pause, upstream } from './traffic.ts';

let server: Toxiproxy;
beforeAll(async () => {
  server = await startEmbedded();
});
afterEach(closeAll);
afterAll(() => server.stop());

const pick = <T>(from: readonly T[]): T => from[Math.floor(Math.random() * from.length)]!;
const upTo = (limit: number) => Math.floor(Math.random() * limit);

const harmless = {
  latency: () => ({ latency: pick([0, 1, 20, 3_600_000]), jitter: upTo(30) }),
  bandwidth: () => ({ rate: pick([0, 1, 100, 100_000]) }),
  slicer: () => ({ average_size: pick([0, 7, 500, 20_000]), size_variation: upTo(300), delay: pick([0, 50, 3000]) }),
  slow_close: () => ({ delay: upTo(100) }),
  noop: () => ({}),
};

/** Adds, changes and removes toxics until `done`; then removes them all. Every call must be answered. */
async function churn(done: () => boolean): Promise<number> {
  const present = new Set<string>();
  let calls = 0;
  const call = async (method: string, path: string, body?: unknown) => {
    calls++;
    const { status, text } = await server.call(method, `/proxies/p/toxics${path}`, body);
    expect(status, text).toBeLessThan(300);
  };
  while (!done()) {
    const name = pick([...present, 'new']);
    const type = pick(Object.keys(harmless) as (keyof typeof harmless)[]);
    if (name === 'new' && present.size < 5) {
      const fresh = `${type}.${calls}`;
      present.add(fresh);
      await call('POST', '', {
        name: fresh,
        type,
        stream: pick(['upstream', 'downstream']),
        attributes: harmless[type](),
        toxicity: pick([1, 1, 0.5]),
      });
    } else if (name !== 'new') {
      const known = name.split('.')[0] as keyof typeof harmless;
      if (Math.random() < 0.5) await call('PATCH', `/${name}`, { attributes: harmless[known](), toxicity: pick([0, 0.5, 1]) });
      else {
        present.delete(name);
        await call('DELETE', `/${name}`);
      }
    }
    await pause(upTo(15));
  }
  for (const name of present) await call('DELETE', `/${name}`);
  return calls;
}

async function send(peer: Peer, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const size = pick([10, 1000, 60_000, 300_000]);
    peer.write(bytes.subarray(at, at + size));
    at += size;
    await pause(upTo(12));
  }
  peer.socket.end();
}

test('nothing is lost, doubled or reordered, and every half ends by itself', async () => {
  const origin = await upstream();
  const { port } = await server.proxy('p', origin.port);
  const sent: { near: Buffer; far: Buffer }[] = [];
  const pairs: { near: Peer; far: Peer }[] = [];
  for (let i = 0; i < 12; i++) {
    pairs.push({ near: await client(port), far: await origin.next() });
    sent.push({ near: noise(200_000 + upTo(2_000_000)), far: noise(200_000 + upTo(2_000_000)) });
  }
  let sending = true;
  const churning = churn(() => !sending);
  await Promise.all(pairs.flatMap(({ near, far }, i) => [send(near, sent[i]!.near), send(far, sent[i]!.far)]));
  await pause(1000);
  sending = false;
  expect(await churning).toBeGreaterThan(50);
  await Promise.all(pairs.flatMap(({ near, far }) => [near.end(), far.end()]));
  for (const [i, { near, far }] of pairs.entries()) {
    expect(checksum(far.bytes)).toBe(checksum(sent[i]!.near));
    expect(checksum(near.bytes)).toBe(checksum(sent[i]!.far));
  }
  await Promise.all(pairs.flatMap(({ near, far }) => [near.closed(), far.closed()]));
});
