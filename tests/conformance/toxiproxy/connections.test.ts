/** How connections live and die when no toxic is there to blame. */
import { afterEach, expect, test } from 'vitest';
import { describeBoth } from './servers.ts';
import { checksum, client, closeAll, echo, freePort, noise, pause, until, upstream } from './traffic.ts';

describeBoth('connections', ({ server, betterThanReal }) => {
  afterEach(closeAll);

  async function pair() {
    const origin = await upstream();
    const { port } = await server().proxy('p', origin.port);
    const near = await client(port);
    const far = await origin.next();
    return { origin, port, near, far };
  }

  test('20 MB there and back are the same bytes', async () => {
    const { port } = await server().proxy('p', (await echo()).port);
    const near = await client(port);
    const sent = noise(20_000_000);
    near.write(sent);
    await near.received(sent.length);
    expect(checksum(near.bytes)).toBe(checksum(sent));
  });

  betterThanReal('a half-close passes, and the answer still comes back', async () => {
    const { near, far } = await pair();
    near.socket.end('question');
    await far.end();
    expect(far.bytes.toString()).toBe('question');
    await pause(100);
    far.socket.end('answer');
    await near.end();
    expect(near.bytes.toString()).toBe('answer');
  });

  test('the end of one side ends the other, after all bytes', async () => {
    const { near, far } = await pair();
    const sent = noise(3_000_000);
    far.socket.end(sent);
    await near.end();
    expect(checksum(near.bytes)).toBe(checksum(sent));
    near.socket.end();
    await far.closed();
  });

  test('a reset of one side tears down the other', async () => {
    const { near, far } = await pair();
    near.write('x');
    await far.received(1);
    near.socket.resetAndDestroy();
    await until('the upstream to notice', () => far.ended || far.socket.closed);
  });

  test('what was sent before a reset arrives before the end', async () => {
    const { near, far } = await pair();
    const sent = noise(2_000_000);
    near.socket.write(sent);
    await until('the bytes to be with the kernel', () => near.socket.writableLength === 0);
    await pause(300); // and with the proxy and the upstream: a reset may overtake what is on its way to the proxy
    near.socket.resetAndDestroy();
    await until('the upstream to notice', () => far.ended || far.socket.closed);
    expect(checksum(far.bytes)).toBe(checksum(sent));
  });

  betterThanReal('a reset passes as a reset', async () => {
    const { near, far } = await pair();
    near.write('x');
    await far.received(1);
    far.socket.resetAndDestroy();
    await near.closed(2000);
    expect(near.error?.code).toBe('ECONNRESET');
  });

  test('an upstream that refuses closes the client, after it was accepted', async () => {
    const { port } = await server().proxy('p', await freePort());
    const near = await client(port);
    await until('the close', () => near.ended || near.socket.closed);
    expect(near.size).toBe(0);
  });

  test('disabling closes the connections and frees the port; enabling takes it again', async () => {
    const { near, far, port } = await pair();
    await server().call('PATCH', '/proxies/p', { enabled: false });
    await until('both to be closed', () => (near.ended || near.socket.closed) && (far.ended || far.socket.closed));
    await expect(client(port)).rejects.toThrow('ECONNREFUSED');
    const { json } = await server().call('PATCH', '/proxies/p', { enabled: true });
    expect(json.listen).toBe(`127.0.0.1:${port}`);
    await client(port);
  });

  test('a new upstream closes the connections to the old one, and serves at the same address', async () => {
    const { near, port } = await pair();
    const other = await echo();
    await server().call('PATCH', '/proxies/p', { upstream: `127.0.0.1:${other.port}` });
    await until('the close', () => near.ended || near.socket.closed);
    const late = await client(port);
    late.write('hello');
    expect((await late.received(5)).toString()).toBe('hello');
  });

  test('deleting closes the connections', async () => {
    const { near, far, port } = await pair();
    await server().call('DELETE', '/proxies/p');
    await until('both to be closed', () => (near.ended || near.socket.closed) && (far.ended || far.socket.closed));
    await expect(client(port)).rejects.toThrow('ECONNREFUSED');
  });

  test('bytes are counted in both directions once the connection is over', async () => {
    const { port } = await server().proxy('bytes', (await echo()).port);
    const near = await client(port);
    near.write(noise(12_345));
    await near.received(12_345);
    near.socket.end();
    await near.end();
    await until('the counters', async () => (await server().counter('sent', 'bytes', 'downstream')) === 12_345);
    for (const direction of ['upstream', 'downstream'] as const) {
      await until('received', async () => (await server().counter('received', 'bytes', direction)) === 12_345);
      expect(await server().counter('sent', 'bytes', direction)).toBe(12_345);
    }
  });
});
