/** toxiproxy-node-client against both servers: what it does in its own tests, and a partition as an example of its use. */
import { Toxiproxy } from 'toxiproxy-node-client';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { describeBoth } from './servers.ts';
import { client, closeAll, echo, pause } from './traffic.ts';

describeBoth('toxiproxy-node-client', ({ server }) => {
  let toxiproxy: Toxiproxy;
  beforeEach(() => {
    toxiproxy = new Toxiproxy(server().url);
  });
  afterEach(closeAll);

  const body = (name: string, upstream = 'localhost:6379') => ({ name, listen: 'localhost:0', upstream });

  test('example: cut the answers of an established connection, then heal', async () => {
    const origin = await echo();
    const proxy = await toxiproxy.createProxy(body('link', `127.0.0.1:${origin.port}`));
    const near = await client(Number(proxy.listen.split(':').pop()));
    near.write('one');
    await near.received(3);

    const cut = await proxy.addToxic({
      name: 'cut',
      type: 'latency',
      stream: 'downstream',
      toxicity: 1,
      attributes: { latency: 3_600_000, jitter: 0 },
    });
    near.write('two');
    await pause(200);
    expect(near.bytes.toString()).toBe('one');

    await cut.remove();
    expect((await near.received(6)).toString()).toBe('onetwo');
  });

  test('creates, gets, updates and removes a proxy', async () => {
    const proxy = await toxiproxy.createProxy(body('p'));
    expect(proxy.listen).toMatch(/^127\.0\.0\.1:\d+$/);
    expect((await toxiproxy.get('p')).upstream).toBe('localhost:6379');
    const disabled = await proxy.update({ enabled: false, listen: proxy.listen, upstream: proxy.upstream });
    expect(disabled.enabled).toBe(false);
    const moved = await proxy.update({ enabled: true, listen: proxy.listen, upstream: 'somehost:12345' });
    expect([moved.enabled, moved.upstream, moved.listen]).toEqual([true, 'somehost:12345', proxy.listen]);
    await proxy.remove();
    await expect(toxiproxy.get('p')).rejects.toThrow('404');
  });

  test('a second proxy of one name is an error', async () => {
    await toxiproxy.createProxy(body('twice'));
    await expect(toxiproxy.createProxy(body('twice'))).rejects.toThrow('Request failed with status code 409');
  });

  test('populates, lists all, resets', async () => {
    const made = await toxiproxy.populate([body('a'), body('b')]);
    expect(Object.keys(made).sort()).toEqual(['a', 'b']);
    expect(Object.keys(await toxiproxy.getAll()).sort()).toEqual(['a', 'b']);
    await toxiproxy.reset();
    expect(await toxiproxy.getVersion()).toContain('version');
  });

  const attributes = {
    latency: { latency: 1000, jitter: 100 },
    bandwidth: { rate: 1000 },
    slow_close: { delay: 1000 },
    timeout: { timeout: 5000 },
    slicer: { average_size: 1000, size_variation: 1000, delay: 1000 },
    reset_peer: { timeout: 1000 },
    limit_data: { bytes: 42 },
  } as const;

  test.each(Object.entries(attributes))('adds, reads, updates and removes a %s toxic', async (type, wanted) => {
    const proxy = await toxiproxy.createProxy(body('p'));
    const toxic = await proxy.addToxic({ type, attributes: wanted } as never);
    expect([toxic.name, toxic.stream, toxic.toxicity, toxic.attributes]).toEqual([`${type}_downstream`, 'downstream', 1, wanted]);
    expect((await proxy.getToxic(toxic.name)).attributes).toEqual(wanted);
    await expect(proxy.addToxic({ type, attributes: wanted } as never)).rejects.toThrow('409');
    const doubled = Object.fromEntries(Object.entries(wanted).map(([name, value]) => [name, value * 2]));
    expect((await toxic.update({ attributes: doubled } as never)).attributes).toEqual(doubled);
    await toxic.remove();
    await expect(proxy.getToxic(toxic.name)).rejects.toThrow('Request failed with status code 404');
  });
});
