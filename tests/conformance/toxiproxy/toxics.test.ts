/** Each toxic, measured on live connections. Bounds are generous: a busy machine may be late, never early; the tightest get a second chance. */
import { afterEach, expect, test } from 'vitest';
import { describeBoth } from './servers.ts';
import { checksum, client, closeAll, echo, elapsedMs, noise, type Peer, pause, until, upstream } from './traffic.ts';

describeBoth('toxics', ({ server, betterThanReal }) => {
  afterEach(closeAll);

  /** A client and the upstream's end of its connection, through proxy `p`. */
  async function pair() {
    const origin = await upstream();
    const { port } = await server().proxy('p', origin.port);
    const near = await client(port);
    const far = await origin.next();
    return { origin, port, near, far };
  }

  const ping = (near: Peer) =>
    elapsedMs(() => {
      near.write('x');
      return near.received(near.size + 1);
    });
  const change = (name: string, body: unknown) => server().call('PATCH', `/proxies/p/toxics/${name}`, body);
  const remove = (name: string) => server().call('DELETE', `/proxies/p/toxics/${name}`);

  test('latency delays each direction by itself, on connections that were there before', { retry: 2 }, async () => {
    const { port } = await server().proxy('p', (await echo()).port);
    const near = await client(port);
    expect(await ping(near)).toBeLessThan(90);
    await server().toxic('p', 'latency', { latency: 100 });
    expect(await ping(near)).toBeGreaterThanOrEqual(99);
    await server().toxic('p', 'latency', { latency: 80 }, { stream: 'upstream' });
    const both = await ping(near);
    expect(both).toBeGreaterThanOrEqual(178);
    expect(both).toBeLessThan(600);
    await remove('latency_downstream');
    await remove('latency_upstream');
    expect(await ping(near)).toBeLessThan(90);
  });

  test('jitter varies the latency around its mean', async () => {
    const { port } = await server().proxy('p', (await echo()).port);
    await server().toxic('p', 'latency', { latency: 60, jitter: 50 });
    const near = await client(port);
    const pings: number[] = [];
    for (let i = 0; i < 20; i++) pings.push(await ping(near));
    expect(Math.min(...pings)).toBeGreaterThanOrEqual(9);
    expect(Math.max(...pings) - Math.min(...pings)).toBeGreaterThan(15);
  });

  test('latency delays a stream, it does not slow it: 8 MB with 100 ms take no second', { retry: 2 }, async () => {
    const { near, far } = await pair();
    await server().toxic('p', 'latency', { latency: 100 }, { stream: 'upstream' });
    const sent = noise(8_000_000);
    const took = await elapsedMs(() => {
      near.write(sent);
      return far.received(sent.length);
    });
    expect(took).toBeGreaterThanOrEqual(99);
    expect(took).toBeLessThan(1500);
    expect(checksum(far.bytes)).toBe(checksum(sent));
  });

  test('bandwidth: 1,000 KB/s take a second for a megabyte, within 20 %', { retry: 2 }, async () => {
    const { near, far } = await pair();
    await server().toxic('p', 'bandwidth', { rate: 1000 }, { stream: 'upstream' });
    const sent = noise(1_000_000);
    const took = await elapsedMs(() => {
      near.write(sent);
      return far.received(sent.length);
    });
    expect(took).toBeGreaterThan(800);
    expect(took).toBeLessThan(1200);
    expect(checksum(far.bytes)).toBe(checksum(sent));
  });

  test('bandwidth: a slow rate trickles, a new rate is felt at once', async () => {
    const { near, far } = await pair();
    await server().toxic('p', 'bandwidth', { rate: 20 }, { stream: 'upstream' });
    const sent = noise(200_000);
    near.write(sent);
    await pause(1000);
    expect(far.size).toBeGreaterThan(10_000);
    expect(far.size).toBeLessThan(30_000);
    await change('bandwidth_upstream', { attributes: { rate: 100_000 } });
    await far.received(sent.length, 2000);
    expect(checksum(far.bytes)).toBe(checksum(sent));
  });

  test('bandwidth 0 lets nothing through until it is lifted', async () => {
    const { near, far } = await pair();
    await server().toxic('p', 'bandwidth', { rate: 0 }, { stream: 'upstream' });
    near.write('held');
    await pause(250);
    expect(far.size).toBe(0);
    await remove('bandwidth_upstream');
    await far.received(4, 6000);
  });

  test('slow_close delays the end, not the bytes', async () => {
    const { near, far } = await pair();
    await server().toxic('p', 'slow_close', { delay: 300 });
    far.socket.end('bye');
    const start = performance.now();
    await near.received(3, 250);
    await near.end();
    expect(performance.now() - start).toBeGreaterThanOrEqual(295);
    expect(performance.now() - start).toBeLessThan(1500);
  });

  test('timeout drops everything, and closes after its time', async () => {
    const { near, far } = await pair();
    await server().toxic('p', 'timeout', { timeout: 200 }, { stream: 'upstream' });
    near.write('lost');
    const start = performance.now();
    await far.end();
    expect(performance.now() - start).toBeGreaterThanOrEqual(190);
    await near.end();
    expect(far.size).toBe(0);
  });

  test('timeout 0 never closes; removing it does', async () => {
    const { near, far } = await pair();
    await server().toxic('p', 'timeout', { timeout: 0 }, { stream: 'upstream' });
    near.write('lost');
    await pause(300);
    expect([near.ended, far.ended, far.size]).toEqual([false, false, 0]);
    await remove('timeout_upstream');
    await Promise.all([near.end(), far.end()]);
  });

  test('reset_peer answers a new connection with ECONNRESET', async () => {
    const { port } = await pair();
    await server().toxic('p', 'reset_peer', { timeout: 0 }, { stream: 'upstream' });
    const late = await client(port);
    late.write('x');
    await late.closed();
    expect(late.error?.code).toBe('ECONNRESET');
  });

  test('reset_peer waits its timeout', async () => {
    const { port } = await pair();
    await server().toxic('p', 'reset_peer', { timeout: 250 }, { stream: 'upstream' });
    const late = await client(port);
    const took = await elapsedMs(() => {
      late.write('x');
      return late.closed();
    });
    expect(late.error?.code).toBe('ECONNRESET');
    expect(took).toBeGreaterThanOrEqual(245);
  });

  betterThanReal('reset_peer resets a connection that was there before, at both ends', async () => {
    const { near, far } = await pair();
    near.write('warm');
    await far.received(4);
    await server().toxic('p', 'reset_peer', { timeout: 0 }, { stream: 'upstream' });
    near.write('x');
    await Promise.all([near.closed(2000), far.closed(2000)]);
    expect([near.error?.code, far.error?.code]).toEqual(['ECONNRESET', 'ECONNRESET']);
  });

  test('limit_data passes exactly its bytes, then closes both ends', async () => {
    const { near, far } = await pair();
    await server().toxic('p', 'limit_data', { bytes: 100_003 });
    const sent = noise(300_000);
    far.write(sent);
    await near.end();
    expect(near.bytes.equals(sent.subarray(0, 100_003))).toBe(true);
    near.socket.end();
    await until('the upstream to be closed', () => far.ended || far.socket.closed);
  });

  test('limit_data closes with the last byte it allows, without waiting for more', async () => {
    const { near, far } = await pair();
    await server().toxic('p', 'limit_data', { bytes: 10 }, { stream: 'upstream' });
    near.write('12345');
    await far.received(5);
    near.write('67890');
    await far.end(2000);
    expect(far.bytes.toString()).toBe('1234567890');
  });

  test('limit_data counts on where it stood when its limit is changed', async () => {
    const { near, far } = await pair();
    await server().toxic('p', 'limit_data', { bytes: 10 }, { stream: 'upstream' });
    near.write('12345');
    await far.received(5);
    await change('limit_data_upstream', { attributes: { bytes: 8 } });
    near.write('67890');
    await far.end(2000);
    expect(far.bytes.toString()).toBe('12345678');
  });

  test('slicer cuts the stream into small packets, and every byte arrives', async () => {
    const { near, far } = await pair();
    await server().toxic('p', 'slicer', { average_size: 100, size_variation: 20, delay: 2000 }, { stream: 'upstream' });
    const sent = noise(5000);
    const took = await elapsedMs(() => {
      near.write(sent);
      return far.received(sent.length);
    });
    expect(took).toBeGreaterThan(60);
    expect(far.reads).toBeGreaterThan(15);
    expect(far.bytes.equals(sent)).toBe(true);
  });

  test('slicer without delay delivers a megabyte whole', async () => {
    const { near, far } = await pair();
    await server().toxic('p', 'slicer', { average_size: 1000, size_variation: 500, delay: 0 }, { stream: 'upstream' });
    const sent = noise(1_000_000);
    near.write(sent);
    await far.received(sent.length);
    expect(checksum(far.bytes)).toBe(checksum(sent));
  });

  test('toxicity 0 touches no connection, raised to 1 every one', async () => {
    const { near, far } = await pair();
    await server().toxic('p', 'latency', { latency: 3_600_000 }, { stream: 'upstream', toxicity: 0 });
    near.write('free');
    await far.received(4, 1000);
    await change('latency_upstream', { toxicity: 1 });
    near.write('held');
    await pause(200);
    expect(far.size).toBe(4);
    await change('latency_upstream', { toxicity: 0, attributes: { latency: 0 } });
    await far.received(8, 2000);
  });

  test('toxicity 0.5 touches some connections and spares others', async () => {
    const { port } = await server().proxy('p', (await echo()).port);
    await server().toxic('p', 'latency', { latency: 3_600_000 }, { toxicity: 0.5 });
    const peers = await Promise.all(Array.from({ length: 40 }, () => client(port)));
    for (const peer of peers) peer.write('x');
    await pause(400);
    const spared = peers.filter(peer => peer.size === 1).length;
    expect(spared).toBeGreaterThan(4);
    expect(spared).toBeLessThan(36);
  });

  test('toxics of one stream work one after the other', async () => {
    const { near, far } = await pair();
    await server().toxic('p', 'slicer', { average_size: 50, delay: 0 }, { stream: 'upstream' });
    await server().toxic('p', 'latency', { latency: 100 }, { stream: 'upstream' });
    await server().toxic('p', 'limit_data', { bytes: 700 }, { stream: 'upstream' });
    const sent = noise(2000);
    const took = await elapsedMs(() => {
      near.write(sent);
      return far.end();
    });
    expect(took).toBeGreaterThanOrEqual(99);
    expect(far.bytes.equals(sent.subarray(0, 700))).toBe(true);
  });

  test('reset removes every toxic and starts every proxy', async () => {
    const { near, far, port } = await pair();
    await server().toxic('p', 'latency', { latency: 3_600_000 }, { stream: 'upstream' });
    near.write('held');
    expect((await server().call('POST', '/reset')).status).toBe(204);
    await far.received(4, 2000);
    await server().call('PATCH', '/proxies/p', { enabled: false });
    await server().call('POST', '/reset');
    await client(port);
  });
});
