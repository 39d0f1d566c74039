/**
 * One proxy and the toxics that should be in force on it. The real server can hang while it changes toxics under traffic; then the proxy
 * is deleted and made anew, with the same address and the toxics it should have. That closes its connections, and is said.
 */
import type { Endpoint } from '../../protocol/system.ts';
import { sleep } from '../../std/deadline.ts';
import { messageOf, UserError } from '../../std/user-error.ts';
import { type NamedToxic, type ProxyBody, type ToxiproxyApi, ToxiproxyError } from './api.ts';

export interface LinkProxy {
  readonly name: string;
  readonly address: Endpoint;
  add(toxic: NamedToxic): Promise<void>;
  /** Harmless when it is not there. */
  remove(toxic: string): Promise<void>;
  /** Whether it should have this toxic. */
  holds(toxic: string): boolean;
  /** Makes it anew, at the same address and with the toxics it should have, on a server that has lost it. */
  revive(): Promise<void>;
  close(): Promise<void>;
}

export interface ProxySpec {
  readonly name: string;
  /** Asked each time that the proxy is made. */
  readonly upstream: () => Endpoint;
  /** `host:port`; by default a free port of this machine's loopback. */
  readonly listen?: string;
  /** True while its server is known to be gone: changes are kept then, and in force as soon as it is revived. */
  readonly down?: () => boolean;
  /** Ends a server that hangs as a whole and starts another in its place, where that can be done. */
  readonly renew?: () => Promise<void>;
  /** Told, in one sentence, when the proxy had to be made anew. */
  readonly onRebuilt: (sentence: string) => void;
}

export const createProxy = async (api: ToxiproxyApi, spec: ProxySpec): Promise<LinkProxy> => {
  const down = spec.down ?? (() => false);
  const bodyAt = (listen: string): ProxyBody => {
    const { host, port } = spec.upstream();
    return { name: spec.name, listen, upstream: `${host}:${port}` };
  };
  const wished = spec.listen ?? '127.0.0.1:0';
  const listen = down() ? wished : await api.createProxy(bodyAt(wished));
  const wanted = new Map<string, NamedToxic>();
  let last: Promise<void> = Promise.resolve();

  /** One change at a time: the server would make them wait for each other anyway, and a rebuild must not race with a change. */
  const inTurn = (change: () => Promise<void>): Promise<void> => {
    const mine = last.then(change);
    last = mine.catch(() => {});
    return mine;
  };
  const orRebuild = async (call: () => Promise<void>): Promise<void> => {
    if (down()) return;
    try {
      await call();
    } catch (thrown) {
      if (down()) return;
      if (!(thrown instanceof ToxiproxyError && thrown.timedOut)) throw thrown;
      await rebuild(api, bodyAt(listen), [...wanted.values()], spec.renew);
      spec.onRebuilt(`Toxiproxy hung (${thrown.message}); proxy ${spec.name} was made anew and its connections were closed`);
    }
  };

  return {
    name: spec.name,
    address: { host: '127.0.0.1', port: Number(listen.slice(listen.lastIndexOf(':') + 1)) },
    add: toxic =>
      inTurn(async () => {
        wanted.set(toxic.name, toxic);
        try {
          await orRebuild(() => api.addToxic(spec.name, toxic));
        } catch (thrown) {
          wanted.delete(toxic.name);
          throw thrown;
        }
      }),
    remove: toxic =>
      inTurn(async () => {
        const held = wanted.get(toxic);
        if (held === undefined) return;
        wanted.delete(toxic);
        try {
          await orRebuild(() => api.removeToxic(spec.name, toxic));
        } catch (thrown) {
          wanted.set(toxic, held); // still there, so that removing it again is tried again
          throw thrown;
        }
      }),
    holds: toxic => wanted.has(toxic),
    revive: () => inTurn(() => rebuild(api, bodyAt(listen), [...wanted.values()])),
    close: () => inTurn(() => api.removeProxy(spec.name)),
  };
};

const rebuild = async (api: ToxiproxyApi, body: ProxyBody, toxics: NamedToxic[], renew?: () => Promise<void>): Promise<void> => {
  for (let attempt = 1; ; attempt++) {
    try {
      await api.removeProxy(body.name);
      // Nobody gets in before all toxics are in force.
      await api.createProxy({ ...body, enabled: toxics.length === 0 });
      for (const toxic of toxics) await api.addToxic(body.name, toxic);
      if (toxics.length > 0) await api.enableProxy(body);
      return;
    } catch (cause) {
      if (attempt === 3)
        throw new UserError('environment', 'toxiproxy-hung', `Toxiproxy at ${api.url} hangs and cannot be mended: ${messageOf(cause)}`, {
          hint: 'the embedded server (without --toxiproxy) does not have this fault',
          cause,
        });
      // Deleting waits for the accept loop, which waits for the toxics that hang: then only a new server helps.
      if (cause instanceof ToxiproxyError && cause.timedOut && renew) await renew();
      else await sleep(100);
    }
  }
};
