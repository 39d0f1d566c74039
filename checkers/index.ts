/** The public entry `ordeal/checkers`: the checkers alone. Importing it does nothing; what is not used can be left out by a bundler. */

export type { ReadHistory } from '../harness/history/builder.ts';
export type { Event, EventType, Failure, History, Key, ProcessId } from '../harness/history/event.ts';
export type { Anomaly, Validity, Verdict, ViolatedModel } from '../harness/protocol/checker.ts';
export type { Json } from '../harness/std/json.ts';
export { UserError } from '../harness/std/user-error.ts';
export { readHistory } from '../harness/store/read-history.ts';
export type { Standing } from './lattice.ts';
export { checkLinearizable, checkListAppend, checkSequential, checkSerializable } from './library/objects.ts';
export type { Limits } from './library/options.ts';
export { type Asked, createRecorder, type Meaning, type Outcome, type Recorder } from './library/recorder.ts';
export { describeVerdict, drawAnomaly, formatHistory, parseHistory } from './library/text.ts';
export {
  checkBoundedStaleness,
  checkCausal,
  checkCausalConvergence,
  checkCausalMemory,
  checkEventual,
  checkMonotonicReads,
  checkMonotonicWrites,
  checkPram,
  checkProcessor,
  checkReadYourWrites,
  checkWritesFollowReads,
  findStanding,
  type StalenessBound,
} from './library/weaker.ts';
export {
  checkAtLeastOnceQueue,
  checkBank,
  checkBroadcast,
  checkCounter,
  checkFencedLock,
  checkFifoQueue,
  checkKafka,
  checkLeaderElection,
  checkLock,
  checkLongFork,
  checkMonotonic,
  checkSet,
  checkSetFull,
  checkTotalQueue,
  checkUnhandledExceptions,
  checkUniqueIds,
} from './library/workloads.ts';
export type { Assignment, Call, Model, Monitored, ReadWriteModel } from './linearizable/model.ts';
export { appendOnlyLog } from './models/append-only-log.ts';
export { counter, fifoQueue, set } from './models/collections.ts';
export { kv } from './models/kv.ts';
export { multiRegister } from './models/multi-register.ts';
export { mutex } from './models/mutex.ts';
export { fencedLock, reentrantLock } from './models/owned-locks.ts';
export { priorityQueue } from './models/priority-queue.ts';
export { register } from './models/register.ts';
export { stack } from './models/stack.ts';
export { uniqueIds } from './models/unique-ids.ts';
export { unorderedQueue } from './models/unordered-queue.ts';
export { lanes } from './testing/lanes.ts';
