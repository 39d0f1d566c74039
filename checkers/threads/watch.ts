/** Judges a history while the run that makes it goes on, on a thread of its own, so that the load hardly notices. */
import { Worker } from 'node:worker_threads';
import type { Event } from '../../harness/history/event.ts';
import type { Watch, WatchOptions } from '../../harness/protocol/checker.ts';
import { messageOf } from '../../harness/std/user-error.ts';
import type { OnlineViolation } from '../linearizable/online.ts';
import { workerFile } from './pool.ts';

const flushMs = 50;
const mostWaiting = 1_000;

/** `workload` names a model of the registry. A thread that breaks down is said, and the run goes on without: its history is judged at the end. */
export const watchLinearizability = ({ workload, memoryLimitBytes, onViolation, onTrouble }: WatchOptions): Watch => {
  const file = workerFile('online-worker');
  if (file === undefined) {
    onTrouble('the history is not judged while it grows: the built module of the thread that does is not there');
    return { feed: () => undefined, close: async () => undefined };
  }
  const worker = new Worker(file, { workerData: { model: workload, memoryLimitBytes }, execArgv: [] });
  let isOver = false;
  let waiting: Event[] = [];
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (!isOver && waiting.length > 0) worker.postMessage(waiting);
    waiting = [];
  };
  worker.on('message', (violation: OnlineViolation) => {
    if (!isOver) onViolation(violation);
    isOver = true;
  });
  worker.on('error', error => {
    if (!isOver) onTrouble(`the history is no longer judged while it grows: ${messageOf(error)}`);
    isOver = true;
  });
  worker.unref();
  return {
    feed: event => {
      if (isOver || typeof event.process !== 'number') return;
      waiting.push(event);
      if (waiting.length >= mostWaiting) flush();
      else timer ??= setTimeout(flush, flushMs).unref();
    },
    close: async () => {
      isOver = true;
      flush();
      await worker.terminate();
    },
  };
};
