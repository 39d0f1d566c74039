/** Reads the byte counters of proxies from Toxiproxy's Prometheus text. */

/** Bytes, keyed `proxy/stream`. */
export interface ProxyCounters {
  readonly received: ReadonlyMap<string, number>;
  readonly sent: ReadonlyMap<string, number>;
}

const sample = /^toxiproxy_proxy_(received|sent)_bytes_total\{([^}]*)\}\s+(\S+)/;

/** Undefined when the text has no such counters: the server runs without proxy metrics, or nothing has flowed yet. */
export const parseCounters = (text: string): ProxyCounters | undefined => {
  const counters = { received: new Map<string, number>(), sent: new Map<string, number>() };
  for (const row of text.split('\n')) {
    const [, which, labels, value] = sample.exec(row) ?? [];
    if (which === undefined || labels === undefined) continue;
    counters[which as 'received' | 'sent'].set(`${labelOf(labels, 'proxy')}/${labelOf(labels, 'direction')}`, Number(value));
  }
  return counters.received.size + counters.sent.size > 0 ? counters : undefined;
};

const labelOf = (labels: string, name: string): string | undefined => new RegExp(`(?:^|,)${name}="([^"]*)"`).exec(labels)?.[1];
