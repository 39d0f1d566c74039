/** What our partitions are built on: a latency toxic of an hour makes one direction of a proxy silent, and removing it heals. */
import { afterEach, expect, test } from 'vitest';
import { describeBoth } from './servers.ts';
import { checksum, client, closeAll, elapsedMs, noise, pause, until, upstream } from './traffic.ts';

const HOUR_MS = 3_600_000;
const SILENT_MS = 300;

describeBoth('silence by latency', ({ server, betterThanReal }) => {
  afterEach(closeAll);

  const silence = (stream: 'upstream' | 'downstream', proxy = 'p') =>
    server().toxic(proxy, 'latency', { latency: HOUR_MS }, { stream, name: `cut_${stream}` });
  const heal = (stream: 'upstream' | 'downstream') => server().call('DELETE', `/proxies/p/toxics/cut_${stream}`);

  async function pair(proxy = 'p') {
    const origin = await upstream();
    const { port } = await server().proxy(proxy, origin.port);
    const near = await client(port);
    near.write('hello');
    const far = await origin.next();
    await far.received(5);
    return { origin, port, near, far };
  }

  test('an established connection loses one direction and keeps the other', async () => {
    const { near, far } = await pair();
    await silence('upstream');
    near.write('request');
    far.write('news');
    await near.received(4);
    await pause(SILENT_MS);
    expect(far.bytes.toString()).toBe('hello');
    await heal('upstream');
    expect((await far.received(12)).toString()).toBe('hellorequest');
  });

  test('downstream alone: requests arrive, answers do not', async () => {
    const { near, far } = await pair();
    await silence('downstream');
    near.write('request');
    await far.received(12);
    far.write('answer');
    await pause(SILENT_MS);
    expect(near.size).toBe(0);
    await heal('downstream');
    expect((await near.received(6)).toString()).toBe('answer');
  });

  test('a new connection is accepted and dialled, and nothing gets through', async () => {
    const { origin, port } = await pair();
    await silence('upstream');
    const late = await client(port);
    late.write('late');
    const far = await origin.next();
    far.write('greeting');
    await late.received(8);
    await pause(SILENT_MS);
    expect(far.size).toBe(0);
    await heal('upstream');
    expect((await far.received(4)).toString()).toBe('late');
  });

  test('lowering the latency heals as removing does', async () => {
    const { near, far } = await pair();
    await silence('upstream');
    near.write('held');
    await pause(SILENT_MS);
    await server().call('PATCH', '/proxies/p/toxics/cut_upstream', { attributes: { latency: 0 } });
    expect((await far.received(9, 2000)).toString()).toBe('helloheld');
  });

  test('13 MB are held, and arrive in order within a second of the heal', async () => {
    const { near, far } = await pair();
    await silence('upstream');
    const sent = noise(13_000_000);
    near.write(sent);
    await until('the sender to be rid of its bytes', () => near.socket.writableLength === 0);
    await pause(SILENT_MS);
    expect(far.size).toBe(5);
    await heal('upstream');
    const took = await elapsedMs(() => far.received(13_000_005));
    expect(took).toBeLessThan(1000);
    expect(checksum(far.bytes.subarray(5))).toBe(checksum(sent));
  });

  test('many connections, cut and healed again and again under traffic, lose nothing', async () => {
    const origin = await upstream();
    const { port } = await server().proxy('p', origin.port);
    const sent = noise(400_000);
    const nears = await Promise.all(Array.from({ length: 10 }, () => client(port)));
    const fars = await Promise.all(nears.map(() => origin.next()));
    for (let at = 0; at < sent.length; at += 20_000) {
      for (const near of nears) near.write(sent.subarray(at, at + 20_000));
      if (at % 60_000 === 0) await silence('upstream');
      await pause(3);
      if (at % 60_000 === 0) expect((await heal('upstream')).status).toBe(204);
    }
    await Promise.all(fars.map(far => far.received(sent.length)));
    expect(new Set(fars.map(far => checksum(far.bytes)))).toEqual(new Set([checksum(sent)]));
  });

  test('a sender that never stops is held back: memory is bounded', async () => {
    const { near } = await pair();
    await silence('upstream');
    const chunk = Buffer.alloc(1_000_000);
    let accepted = 0;
    for (let i = 0; i < 100; i++) near.socket.write(chunk, error => error ?? accepted++);
    await pause(1500);
    const before = accepted;
    await pause(500);
    expect(accepted).toBe(before);
    expect(accepted).toBeLessThan(60);
  });

  betterThanReal('the end of a stream is silent, too, until the heal', async () => {
    const { near, far } = await pair();
    await silence('upstream');
    near.socket.end();
    await pause(SILENT_MS);
    expect(far.ended).toBe(false);
    await heal('upstream');
    await far.end(2000);
  });

  test('bytes held for a client that has reset its connection still arrive', async () => {
    const { near, far } = await pair();
    await silence('upstream');
    const sent = noise(3_000_000);
    near.write(sent);
    await until('the sender to be rid of its bytes', () => near.socket.writableLength === 0);
    await pause(SILENT_MS);
    near.socket.resetAndDestroy();
    await pause(50);
    await heal('upstream');
    await until('the upstream to notice', () => far.ended || far.socket.closed);
    expect(checksum(far.bytes.subarray(5))).toBe(checksum(sent));
  });

  betterThanReal('another toxic joining the cut direction lets nothing slip through', async () => {
    const { near, far } = await pair();
    await silence('upstream');
    near.write('held');
    await pause(50);
    await server().toxic('p', 'noop', {}, { stream: 'upstream' });
    await pause(SILENT_MS);
    expect(far.bytes.toString()).toBe('hello');
  });

  betterThanReal('counters show the silence while it lasts: received grows, sent does not', async () => {
    const { near } = await pair('counted');
    await silence('upstream', 'counted');
    near.write('12345678');
    await until('the bytes to be counted', async () => (await server().counter('received', 'counted', 'upstream')) === 13, 2000);
    expect(await server().counter('sent', 'counted', 'upstream')).toBe(5);
  });
});
