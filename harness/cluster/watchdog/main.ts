/**
 * The watchdog program: holds the other end of a pipe to the controller and knows its lease. When the pipe closes before the controller
 * said that it was done, the controller has died: everything leased is ended, and what was done is written to the run folder.
 *
 * Input: one lease per line, each replacing the one before; a line `done` ends the watch.
 */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { endLeased } from './end-leased.ts';
import { type Lease, parseLease, removeLease } from './lease.ts';

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {}); // the controller decides, not the terminal

let lease: Lease | undefined;
let done = false;

const say = (line: string): void => {
  try {
    appendFileSync(join(lease?.runFolder ?? '.', 'watchdog.log'), `${new Date().toISOString()} ${line}\n`);
  } catch {
    // A full disk must not keep the nodes alive.
  }
};

const lines = createInterface({ input: process.stdin });
lines.on('line', line => {
  if (line === 'done') done = true;
  else lease = parseLease(line);
});
lines.on('close', () => void finish());

const finish = async (): Promise<void> => {
  if (done || lease === undefined) return;
  say(`the controller (pid ${lease.controller.pid}) is gone; ending what it left`);
  const sentences = await endLeased(lease);
  for (const sentence of sentences) say(sentence);
  if (!sentences.some(sentence => sentence.startsWith('could not'))) removeLease(lease.token);
};
