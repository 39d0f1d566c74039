/** All checkers, found by consistency model and workload. */
import type { Checker } from '../harness/protocol/checker.ts';
import { causalCheckers } from './causal/checker.ts';
import { eventual } from './eventual/eventual.ts';
import { everything } from './everything.ts';
import { linearizable } from './linearizable/checker.ts';
import { serializability } from './list-append/serializable.ts';
import { pram } from './pram/checker.ts';
import { processor } from './processor/checker.ts';
import { bank } from './properties/bank.ts';
import { broadcast } from './properties/broadcast.ts';
import { counterBounds } from './properties/counter.ts';
import { leaderElection } from './properties/leader-election.ts';
import { fencedLock, lock } from './properties/lock.ts';
import { kafka } from './properties/log.ts';
import { longFork } from './properties/long-fork.ts';
import { monotonic } from './properties/monotonic.ts';
import { atLeastOnceQueue, fifoQueueOrder, totalQueue } from './properties/queue.ts';
import { growOnlySet, setFull } from './properties/set.ts';
import { unhandledExceptions } from './properties/unhandled-exceptions.ts';
import { uniqueIds } from './properties/unique-ids.ts';
import { readWriteChecker } from './read-write/checker.ts';
import { sequential } from './sequential/checker.ts';
import { sessionGuarantees } from './sessions/checker.ts';
import { boundedStaleness } from './staleness/staleness.ts';

const judges: readonly Checker[] = [
  linearizable,
  sequential,
  ...causalCheckers,
  readWriteChecker(processor),
  readWriteChecker(pram),
  ...sessionGuarantees.map(readWriteChecker),
  boundedStaleness,
  eventual,
  everything,
  ...serializability,
  growOnlySet,
  setFull,
  totalQueue,
  atLeastOnceQueue,
  fifoQueueOrder,
  counterBounds,
  uniqueIds,
  bank,
  monotonic,
  longFork,
  lock,
  fencedLock,
  kafka,
  broadcast,
  leaderElection,
];

export const checkers: readonly Checker[] = [...judges, unhandledExceptions([...new Set(judges.flatMap(({ workloads }) => workloads))])];
