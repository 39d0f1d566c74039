import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Ids of the live processes that work in this folder or name it on their command line; the test's own evidence, by another way than the code's. */
export const processesIn = (folder: string): number[] =>
  readdirSync('/proc')
    .filter(name => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter(pid => {
      try {
        const ended = /^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
        return (
          !ended && (readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder) || readlinkSync(`/proc/${pid}/cwd`).startsWith(folder))
        );
      } catch {
        return false;
      }
    })
    .map(Number);
