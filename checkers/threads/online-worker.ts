/** The thread that judges a history while it grows. Events come in batches; the first violation goes back, and how far behind it is. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Event } from '../../harness/history/event.ts';
import { limitsFrom } from '../limits.ts';
import { judgeOnline } from '../linearizable/online.ts';
import { models } from '../models/registry.ts';

/** It rests three times as long as it has worked, so that a quarter of a core is all it takes, and at least this long. */
const leastRestMs = 100;
const rests = 3;
/** One round of judging. */
const longestRoundMs = 2_000;

const { model, memoryLimitBytes } = workerData as { readonly model: string; readonly memoryLimitBytes: number };
const judge = models[model]!(known => judgeOnline(known));
const { grown } = limitsFrom({ timeLimitMs: 0, memoryLimitBytes });

const round = (): void => {
  const began = performance.now();
  const found = judge.judge({
    now: () => performance.now(),
    deadline: began + longestRoundMs,
    memoryBytes: memoryLimitBytes,
    ...(grown && { grown }),
  });
  if (found !== undefined) {
    parentPort!.postMessage(found);
    parentPort!.close();
    return;
  }
  setTimeout(round, Math.max(leastRestMs, (performance.now() - began) * rests));
};

parentPort!.on('message', (events: readonly Event[]) => {
  for (const event of events) judge.feed(event);
});
setTimeout(round, leastRestMs);
