/**
 * The byte counters of Toxiproxy, `toxiproxy_proxy_received_bytes_total` and `…_sent_bytes_total`, by direction, proxy, listener and
 * upstream. They are plain integers that the links add to; text is made only when somebody asks.
 *
 * Better than the real server's: it adds a connection's bytes when the connection ends, ours move while it lives, so that
 * a nemesis can prove that a silenced direction receives and does not send.
 */
import type { Direction } from './link.ts';

export interface ByteCounter {
  received: number;
  sent: number;
}

export interface CounterLabels {
  readonly direction: Direction;
  readonly proxy: string;
  readonly listener: string;
  readonly upstream: string;
}

/** Series outlive their proxy, as in the real server, but not without end. */
const MAX_SERIES = 10_000;

export class ByteMetrics {
  readonly #series = new Map<string, ByteCounter>();

  /** The counter of these labels; connections of one proxy and direction share it. */
  counter({ direction, proxy, listener, upstream }: CounterLabels): ByteCounter {
    const labels = `direction="${direction}",listener="${escapeLabel(listener)}",proxy="${escapeLabel(proxy)}",upstream="${escapeLabel(upstream)}"`;
    const known = this.#series.get(labels);
    if (known !== undefined) return known;
    const counter = { received: 0, sent: 0 };
    this.#series.set(labels, counter);
    if (this.#series.size > MAX_SERIES) this.#series.delete(this.#series.keys().next().value!);
    return counter;
  }

  /** Prometheus text format, a family only once it has a series. */
  render(): string {
    if (this.#series.size === 0) return '';
    const sorted = [...this.#series].sort(([a], [b]) => (a < b ? -1 : 1));
    return family('received', sorted) + family('sent', sorted);
  }
}

function family(what: keyof ByteCounter, series: readonly (readonly [string, ByteCounter])[]): string {
  const name = `toxiproxy_proxy_${what}_bytes_total`;
  const lines = series.map(([labels, counter]) => `${name}{${labels}} ${counter[what]}\n`);
  return `# HELP ${name} \n# TYPE ${name} counter\n${lines.join('')}`;
}

const escapeLabel = (value: string) => value.replace(/[\\"\n]/g, c => (c === '\n' ? '\\n' : `\\${c}`));

/** What --runtime-metrics adds: this process, as prom-client sees it (the real server shows Go's). Loaded only when asked for. */
export async function runtimeMetrics(): Promise<() => Promise<string>> {
  const { collectDefaultMetrics, Registry } = await import('prom-client');
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return () => registry.metrics();
}
