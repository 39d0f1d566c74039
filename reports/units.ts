/** How reports print quantities: three significant digits, a unit a person thinks in, thousands apart. */

/** `0.42 ms`, `12.3 ms`, `340 ms`, `2.10 s`, `3 min 20 s`, `1 h 05 min`. */
export const duration = (ms: number): string => {
  if (ms < 1000) return `${significant(ms)} ms`;
  if (ms < 100_000) return `${significant(ms / 1000)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${two(Math.floor(seconds / 60) % 60)} min`;
};

/** A moment in the run, seconds with milliseconds: `12.304 s`. */
export const moment = (ms: number): string => `${(ms / 1000).toFixed(3)} s`;

/** `98.2 %`; only a true 1 is `100 %` and only a true 0 is `0 %`. */
export const share = (part: number): string => {
  if (part === 0 || part === 1) return `${part * 100} %`;
  return `${Math.min(99.9, Math.max(0.1, part * 100)).toFixed(1)} %`;
};

/** `12,345`, whatever the locale. */
export const count = (n: number): string => String(n).replace(/\B(?=(\d{3})+$)/g, ',');

/** `1 operation`, `2,000 operations`. */
export const counted = (n: number, noun: string, plural = `${noun}s`): string => `${count(n)} ${n === 1 ? noun : plural}`;

/** `a`, `a and b`, `a, b and c`. */
export const listed = (items: readonly string[], last = 'and'): string =>
  items.length < 2 ? (items[0] ?? '') : `${items.slice(0, -1).join(', ')} ${last} ${items.at(-1)}`;

const significant = (n: number): string => (n >= 100 ? n.toFixed(0) : n >= 10 ? n.toFixed(1) : n.toFixed(2));

const two = (n: number): string => String(n).padStart(2, '0');
