/**
 * Checkers of single workloads: what was lost, stale, doubled, torn or out of order. Each takes a history of its workload's operations and answers at
 * once, in one pass or little more; the verdict's `measured` has counts. They throw a `UserError` for operations of something else.
 */
import type { History } from '../../harness/history/event.ts';
import type { Checker, Verdict } from '../../harness/protocol/checker.ts';
import { misfitIn } from '../models/vocabulary.ts';
import { bank } from '../properties/bank.ts';
import { broadcast } from '../properties/broadcast.ts';
import { counterBounds } from '../properties/counter.ts';
import { leaderElection } from '../properties/leader-election.ts';
import { fencedLock, lock } from '../properties/lock.ts';
import { kafka } from '../properties/log.ts';
import { longFork } from '../properties/long-fork.ts';
import { monotonic } from '../properties/monotonic.ts';
import { atLeastOnceQueue, fifoQueueOrder, totalQueue } from '../properties/queue.ts';
import { growOnlySet, setFull } from '../properties/set.ts';
import { unhandledExceptions } from '../properties/unhandled-exceptions.ts';
import { uniqueIds } from '../properties/unique-ids.ts';
import { refuseMisfits, settled } from './options.ts';

/** By whichever of its workloads the history is of; the first of them tells what does not fit. */
const judge = (checker: Checker, history: History): Verdict => {
  const workload = checker.workloads.find(name => misfitIn(history, name) === undefined) ?? checker.workloads[0]!;
  refuseMisfits(history, workload);
  return checker.check(history, settled(workload, {}));
};

/** `transfer` {from, to, amount} moves money and neither makes nor loses any; `read` -> {account: balance}. */
export const checkBank = (history: History): Verdict => judge(bank, history);

/** What was broadcast reaches everybody; `broadcast` v, `read` -> list. */
export const checkBroadcast = (history: History): Verdict => judge(broadcast, history);

/** A counter's reads lie between what was certainly and what was possibly added; `add` n, `read` -> n. */
export const checkCounter = (history: History): Verdict => judge(counterBounds, history);

/** A term has one leader at most; `leader` -> {term, leader}. */
export const checkLeaderElection = (history: History): Verdict => judge(leaderElection, history);

/** A lock has one holder at a time, and its fencing tokens grow; `acquire` -> token or null, `release`. */
export const checkLock = (history: History): Verdict => judge(lock, history);

/** Each fencing token is larger than all given before; leases may run out. Operations as `checkLock`. */
export const checkFencedLock = (history: History): Verdict => judge(fencedLock, history);

/** A Kafka-like log: nothing lost, out of order, skipped or at two offsets; `send`, `poll` -> {log: [[offset, value]]}, `assign`, `subscribe`. */
export const checkKafka = (history: History): Verdict => judge(kafka, history);

/** No two readers see two writes in opposite orders; `txn` of micro-operations, each key written once. */
export const checkLongFork = (history: History): Verdict => judge(longFork, history);

/** A process that has seen a growing counter at n never sees less again; `inc` -> n, `read` -> n. */
export const checkMonotonic = (history: History): Verdict => judge(monotonic, history);

/** What goes into a queue comes out exactly once, in any order; `enqueue` v, `dequeue` -> v or null, `drain` -> list. */
export const checkTotalQueue = (history: History): Verdict => judge(totalQueue, history);

/** What goes into a queue comes out, perhaps more than once. Operations as `checkTotalQueue`. */
export const checkAtLeastOnceQueue = (history: History): Verdict => judge(atLeastOnceQueue, history);

/** What goes into a queue comes out exactly once, first in first out. Operations as `checkTotalQueue`. */
export const checkFifoQueue = (history: History): Verdict => judge(fifoQueueOrder, history);

/** What was added is never lost, nothing comes from nowhere or twice; says how long elements were unseen. `add` v, `read` -> list. */
export const checkSet = (history: History): Verdict => judge(growOnlySet, history);

/** As `checkSet`, and no read misses an element that was there before it was called. */
export const checkSetFull = (history: History): Verdict => judge(setFull, history);

/** No identifier is given twice; `generate` -> id. */
export const checkUniqueIds = (history: History): Verdict => judge(uniqueIds, history);

/** Never a violation, of any history: warns of each kind of error that nobody foresaw, and counts them. */
export const checkUnhandledExceptions = (history: History): Verdict => unhandledExceptions([]).check(history, settled('any', {}));
