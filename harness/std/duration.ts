import { UserError } from './user-error.ts';

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** A timer of over 2^31 ms would go off at once. */
const longestMs = 500 * 3_600_000;

/** `500ms`, `10s`, `2m`, `1h`, or plain seconds, as milliseconds. Throws a usage error that names the flag. */
export const parseDuration = (text: string, flag: string): number => {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h)?$/.exec(text.trim());
  if (!match) {
    throw new UserError('usage', 'bad-duration', `${flag} ${text}: not a duration`, { hint: 'write it like 500ms, 10s, 2m or 1h' });
  }
  const ms = Math.round(Number(match[1]) * unitMs[match[2] ?? 's']!);
  if (ms > longestMs) throw new UserError('usage', 'bad-duration', `${flag} ${text}: too long`, { hint: 'at most 500h' });
  return ms;
};

/** Milliseconds for people: `850 ms`, `12.4 s`, `3 min 20 s`. */
export const formatDuration = (ms: number): string => {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  return seconds % 60 === 0 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
};
