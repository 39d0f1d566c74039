/** What a person sees while `ordeal check` works on something large; nothing where nobody looks. */
import { formatDuration } from '../../std/duration.ts';
import { createTerminal, type Terminal } from '../terminal.ts';

const patienceMs = 2000;
const everyMs = 200;

export interface CheckProgress {
  reading(bytes: number, total: number | undefined): void;
  checking(events: number): void;
  done(): void;
}

export const createCheckProgress = (
  file: string,
  terminal: Terminal = createTerminal(),
  now: () => number = () => performance.now(),
): CheckProgress => {
  const began = now();
  let next = began + patienceMs;
  const show = (text: string): void => {
    next = now() + everyMs;
    terminal.status(text);
  };
  const isDue = (): boolean => terminal.live && now() >= next;
  return {
    reading(bytes, total) {
      if (isDue()) show(`reading ${file} · ${readSoFar(bytes, total, now() - began)}`);
    },
    checking(events) {
      if (isDue()) show(`checking ${file} · ${events} events`);
    },
    done: terminal.clear,
  };
};

export const readSoFar = (bytes: number, total: number | undefined, elapsedMs: number): string => {
  const megabytes = `${Math.round(bytes / 1e6)} MB`;
  if (total === undefined || bytes === 0) return megabytes;
  const leftMs = Math.max(0, (elapsedMs * (total - bytes)) / bytes);
  return `${megabytes} of ${Math.round(total / 1e6)} (${Math.floor((100 * bytes) / total)} %) · ${formatDuration(leftMs)} left`;
};
