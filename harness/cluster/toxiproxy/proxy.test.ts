import { describe, expect, test } from 'vitest';
import { type NamedToxic, type ToxiproxyApi, ToxiproxyError } from './api.ts';
import { createProxy } from './proxy.ts';

const toxic = (name: string): NamedToxic => ({ name, type: 'latency', stream: 'upstream', attributes: { latency: 5 } });
const hung = () => new ToxiproxyError('no answer', { timedOut: true });

/** A server in memory; `fail` says what the next call of that kind throws. */
const fakeServer = () => {
  const toxics = new Map<string, Set<string>>();
  const calls: string[] = [];
  const failures = new Map<string, unknown[]>();
  const step = (call: string): void => {
    calls.push(call);
    const failure = failures.get(call.split(' ')[0]!)?.shift();
    if (failure !== undefined) throw failure;
  };
  const api: ToxiproxyApi = {
    url: 'http://fake',
    version: async () => '2.12.0',
    createProxy: async ({ name, listen, enabled = true }) => {
      step(`create ${listen}${enabled ? '' : ' closed'}`);
      toxics.set(name, new Set());
      return listen.replace(/:0$/, ':4711');
    },
    enableProxy: async () => step('open'),
    removeProxy: async name => {
      step('delete');
      toxics.delete(name);
    },
    addToxic: async (proxy, { name }) => {
      step(`add ${name}`);
      toxics.get(proxy)!.add(name);
    },
    removeToxic: async (proxy, name) => {
      step(`remove ${name}`);
      toxics.get(proxy)!.delete(name);
    },
    toxics: async () => [],
    metrics: async () => '',
  };
  return {
    api,
    calls,
    inForce: () => [...(toxics.get('p') ?? [])],
    fail: (call: string, ...errors: unknown[]) => failures.set(call, errors),
  };
};

const begin = async () => {
  const server = fakeServer();
  const rebuilt: string[] = [];
  const spec = { name: 'p', upstream: () => ({ host: '127.0.0.1', port: 1 }), onRebuilt: (sentence: string) => rebuilt.push(sentence) };
  return { server, rebuilt, proxy: await createProxy(server.api, spec) };
};

test('listens where the server says', async () => {
  const { proxy } = await begin();
  expect(proxy.address).toEqual({ host: '127.0.0.1', port: 4711 });
});

describe('a server that hangs', () => {
  test('while a toxic is removed: the proxy is made anew at the same address, with the other toxics', async () => {
    const { server, rebuilt, proxy } = await begin();
    await proxy.add(toxic('a'));
    await proxy.add(toxic('b'));
    server.fail('remove', hung());
    await proxy.remove('a');
    expect(server.inForce()).toEqual(['b']);
    // Opened last: no connection gets past the toxics.
    expect(server.calls.slice(-3)).toEqual(['create 127.0.0.1:4711 closed', 'add b', 'open']);
    expect(rebuilt).toEqual([expect.stringContaining('its connections were closed')]);
  });

  test('that hangs as a whole is replaced, where that can be done, and the proxy is made anew on the other one', async () => {
    const server = fakeServer();
    const spec = { name: 'p', upstream: () => ({ host: '127.0.0.1', port: 1 }), onRebuilt: () => {} };
    const renew = async (): Promise<void> => void server.calls.push('renew');
    const proxy = await createProxy(server.api, { ...spec, renew });
    await proxy.add(toxic('a'));
    await proxy.add(toxic('b'));
    server.fail('remove', hung());
    server.fail('delete', hung());
    await proxy.remove('a');
    expect(server.calls.slice(-7)).toEqual(['remove a', 'delete', 'renew', 'delete', 'create 127.0.0.1:4711 closed', 'add b', 'open']);
    expect(server.inForce()).toEqual(['b']);
  });

  test('while a toxic is added: the proxy is made anew with it', async () => {
    const { server, proxy } = await begin();
    server.fail('add', hung());
    await proxy.add(toxic('a'));
    expect(server.inForce()).toEqual(['a']);
  });

  test('for good: an error says so, and the removal can be tried again', async () => {
    const { server, proxy } = await begin();
    await proxy.add(toxic('a'));
    server.fail('remove', hung());
    server.fail('delete', hung(), hung(), hung());
    await expect(proxy.remove('a')).rejects.toMatchObject({ code: 'toxiproxy-hung' });
    await proxy.remove('a');
    expect(server.inForce()).toEqual([]);
  });
});

test('a toxic that the server refuses is not made anew, and not kept', async () => {
  const { server, proxy, rebuilt } = await begin();
  server.fail('add', new ToxiproxyError('400 bad', { status: 400 }));
  await expect(proxy.add(toxic('a'))).rejects.toThrow('400 bad');
  expect(rebuilt).toEqual([]);
  expect(server.calls).not.toContain('delete');
});

test('removing what is not there, or twice, makes no call', async () => {
  const { server, proxy } = await begin();
  await proxy.add(toxic('a'));
  await proxy.remove('a');
  await proxy.remove('a');
  await proxy.remove('never');
  expect(server.calls.filter(call => call.startsWith('remove'))).toEqual(['remove a']);
});
