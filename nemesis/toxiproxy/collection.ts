/**
 * The proxies of a server by name. Whatever starts or stops one runs alone, in the order of the requests: two creations of one
 * name cannot both win, and a port is free before the next proxy wants it.
 */
import { badRequestBody, missingField, proxyAlreadyExists, proxyNotFound } from './errors.ts';
import { bool, type Decoded, decodeList, type Shape, string } from './json/decode.ts';
import { parseBody } from './toxic.ts';
import { type ProxyConfig, type Surroundings, ToxicProxy } from './toxic-proxy.ts';

const PROXY_FIELDS = {
  name: string,
  listen: string,
  upstream: string,
  enabled: bool,
  Logger: { kind: 'struct', goType: 'zerolog.Logger', struct: 'Logger', fields: {} },
} as const satisfies Record<string, Shape>;
const PROXY: Shape = { kind: 'struct', goType: 'toxiproxy.Proxy', struct: 'Proxy', fields: PROXY_FIELDS };
const POPULATE_ITEM = {
  kind: 'struct',
  goType: 'struct { toxiproxy.Proxy; Enabled *bool "json:\\"enabled\\"" }',
  struct: '',
  fields: PROXY_FIELDS,
  embedded: 'Proxy',
} as const satisfies Shape;

export class ProxyCollection {
  readonly #surroundings: Surroundings;
  readonly #proxies = new Map<string, ToxicProxy>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  all(): Iterable<readonly [string, ToxicProxy]> {
    return this.#proxies;
  }

  /** Throws ApiError 404. */
  get(name: string): ToxicProxy {
    const proxy = this.#proxies.get(name);
    if (proxy === undefined) throw proxyNotFound();
    return proxy;
  }

  create(body: Buffer): Promise<ToxicProxy> {
    const given = parseBody(body, PROXY);
    const config = configOf(given);
    if (config.name === '') throw missingField('name');
    if (config.upstream === '') throw missingField('upstream');
    return this.#alone(async () => {
      if (this.#proxies.has(config.name)) throw proxyAlreadyExists();
      return this.#put(config, enabledOf(given));
    });
  }

  update(name: string, body: Buffer): Promise<ToxicProxy> {
    return this.#alone(async () => {
      const proxy = this.get(name);
      const given = parseBody(body, PROXY);
      const { listen, upstream, enabled } = { listen: proxy.listen, upstream: proxy.upstream, enabled: proxy.enabled, ...given };
      await proxy.update({ name, listen, upstream, enabled });
      return proxy;
    });
  }

  remove(name: string): Promise<void> {
    return this.#alone(async () => {
      await this.get(name).stop();
      this.#proxies.delete(name);
    });
  }

  /** Starts every proxy and removes every toxic; stops at the first that cannot start. */
  reset(): Promise<void> {
    return this.#alone(async () => {
      for (const proxy of this.#proxies.values()) {
        await proxy.start();
        proxy.resetToxics();
      }
    });
  }

  /**
   * Creates the listed proxies, and replaces those of the same name that differ. On an error the ones before it stay, as in the
   * real server, and are handed back with it.
   */
  populate(body: Buffer): Promise<{ proxies: ToxicProxy[]; error?: unknown }> {
    return this.#alone(async () => {
      const proxies: ToxicProxy[] = [];
      try {
        for (const given of parseList(body)) proxies.push(await this.#putOrReplace(configOf(given), enabledOf(given)));
        return { proxies };
      } catch (error) {
        return { proxies, error };
      }
    });
  }

  clear(): Promise<void> {
    return this.#alone(async () => {
      for (const proxy of this.#proxies.values()) await proxy.stop();
      this.#proxies.clear();
    });
  }

  async #putOrReplace(config: ProxyConfig, enabled: boolean): Promise<ToxicProxy> {
    const existing = this.#proxies.get(config.name);
    if (existing !== undefined) {
      if (!(await existing.differs(config))) return existing;
      await existing.stop();
    }
    return this.#put(config, enabled);
  }

  async #put(config: ProxyConfig, enabled: boolean): Promise<ToxicProxy> {
    const proxy = new ToxicProxy(config, this.#surroundings);
    if (enabled) await proxy.start();
    this.#proxies.set(config.name, proxy);
    return proxy;
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => {});
    return turn;
  }
}

const configOf = ({ name = '', listen = '', upstream = '' }: Decoded): ProxyConfig => ({ name, listen, upstream }) as ProxyConfig;
const enabledOf = ({ enabled = true }: Decoded): boolean => enabled as boolean;

/** All entries are checked before the first proxy is made. */
function parseList(body: Buffer): Decoded[] {
  let list: Decoded[];
  try {
    list = decodeList(body, POPULATE_ITEM);
  } catch (error) {
    throw badRequestBody((error as Error).message);
  }
  list.forEach((given, i) => {
    if (!given.name) throw missingField(`name at proxy ${i + 1}`);
    if (!given.upstream) throw missingField(`upstream at proxy ${i + 1}`);
  });
  return list;
}
