/** What is said to the clock's helper (docker/clock/clock.c) and what it answers: one line each way. Pure. */
import type { ClockReading, ClockSkew } from '../../../protocol/system.ts';

/** A process whose clock is not as it should be, and the helper's word for the reason. */
export interface Unreached {
  readonly pid: number;
  readonly reason: string;
}

export type Answer =
  | { readonly type: 'ready' }
  | { readonly type: 'done'; readonly reached: number; readonly unreached: readonly Unreached[] }
  | { readonly type: 'clock'; readonly reading: ClockReading; readonly reached: number; readonly unreached: readonly Unreached[] }
  | { readonly type: 'failed'; readonly code: string; readonly text: string };

/** The offset in whole nanoseconds; the rate in units of 2^-32. */
export const setCommand = ({ offsetMs, rate }: ClockSkew): string => {
  if (!Number.isFinite(offsetMs) || !(rate > 0 && rate <= 1000))
    throw new RangeError(`a clock cannot run at ${rate} times the rate of time, ${offsetMs} ms off`);
  return `set ${BigInt(Math.round(offsetMs * 1e6))} ${BigInt(Math.round(rate * 2 ** 32))}`;
};

/** Throws on a line that the helper would never write. */
export const parseAnswer = (line: string): Answer => {
  const [type, ...words] = line.split(' ');
  if (type === 'ready' && words.length === 0) return { type };
  if (type === 'failed' && words.length > 0) return { type, code: words[0]!, text: words.slice(1).join(' ') };
  if (type === 'done' && words.length > 0) return { type, ...processesOf(words, line) };
  if (type !== 'clock' || words.length < 3) return notUnderstood(line);
  const reading = { wallMs: milliseconds(words[0]!, line), monotonicMs: milliseconds(words[1]!, line) };
  return { type, reading, ...processesOf(words.slice(2), line) };
};

const processesOf = ([reached, ...unreached]: readonly string[], line: string) => ({
  reached: /^\d+$/.test(reached!) ? Number(reached) : notUnderstood(line),
  unreached: unreached.map(word => {
    const [, pid, reason] = /^(\d+):(.+)$/.exec(word) ?? notUnderstood(line);
    return { pid: Number(pid), reason: reason! };
  }),
});

/** Nanoseconds since 1970 have more digits than a number holds exactly. */
const milliseconds = (word: string, line: string): number =>
  /^-?\d+$/.test(word) ? Number(BigInt(word) / 1000n) / 1000 : notUnderstood(line);

const notUnderstood = (line: string): never => {
  throw new Error(`the clock's helper said what nobody understands: ${JSON.stringify(line.slice(0, 200))}`);
};
