/** The words a report uses, each in one sentence for a reader who does not know the field. Looked up by name; unknown names have none. */

export const models: Readonly<Record<string, string>> = {
  linearizable: 'every operation seems to happen at one instant between its request and its answer, so nobody ever reads old news',
  sequential: 'all processes see the operations in one common order that keeps the order of each process',
  causal: 'whoever sees an effect has also seen its causes',
  serializable: 'transactions seem to run one after another, in some order',
  'strict-serializable': 'transactions seem to run one after another, in an order that agrees with real time',
  'snapshot-isolation': 'a transaction reads from one consistent snapshot, and two that write the same thing do not both commit',
  'repeatable-read': 'what a transaction has read does not change under it',
  'read-committed': 'nobody reads what was never committed',
  'read-uncommitted': 'writes of different transactions to the same things are not interleaved',
  'read-your-writes': 'a process sees its own earlier writes',
  'monotonic-reads': 'a process that has seen a value never sees an older one later',
  'monotonic-writes': 'the writes of a process take effect in the order in which it made them',
  'writes-follow-reads': 'a write that follows a read takes effect after what was read',
  'eventually-consistent': 'once writes stop, all nodes come to the same value',
  'raft-safety':
    "Raft's five safety properties: one leader a term, append-only leaders, matching logs, complete leaders, identical state machines",
};

export const anomalies: Readonly<Record<string, string>> = {
  'stale-read': 'a read returned a value that had already been overwritten before the read began',
  'lost-update': 'a write that was acknowledged, or built upon, has disappeared',
  'lost-write': 'a write that was acknowledged has disappeared',
  'dirty-read': 'a read returned a value that was never committed',
  'future-read': 'a read returned a value before anybody had asked to write it',
  'unwritten-read': 'a read returned a value that nobody ever wrote',
  'split-brain': 'two nodes acted as leader at the same time',
  'non-linearizable': 'no order of these operations explains all their answers',
  'cas-conflict': 'two compare-and-sets succeeded although they cannot both have found the value they expected',
  'phantom-value': 'a read returned a value that nobody ever wrote',
  'non-monotonic-read': 'a process read an older value after a newer one',
  'duplicate-write': 'one request took effect twice',
  'election-safety': 'two nodes were elected leader in the same term',
  'leader-append-only': 'a leader overwrote or deleted entries of its own log',
  'log-matching': 'two logs hold the same entry at one place, and differ before it',
  'leader-completeness': 'a leader lacked an entry that had been committed before its term',
  'state-machine-safety': 'two nodes applied different entries at the same place of the log',
  G0: 'dirty write: two transactions overwrote each other in a cycle',
  G1a: 'aborted read: a transaction read what another wrote and then took back',
  G1b: 'intermediate read: a transaction read a value that another had only in passing',
  G1c: 'circular information flow: two transactions each saw the effect of the other',
  'G-single': 'read skew: a transaction saw some effects of another and missed others',
  G2: 'anti-dependency cycle: transactions missed each other’s writes in a cycle',
  'G2-item': 'write skew: transactions missed each other’s writes in a cycle',
};

export const faults: Readonly<Record<string, string>> = {
  none: 'the time in which no fault was in force',
  partition: 'packets between some nodes were held back: those nodes could not talk to each other',
  latency: 'packets were delayed',
  bandwidth: 'links were slowed to a trickle',
  reset: 'connections were torn down by TCP reset',
  slicer: 'data was cut into tiny pieces',
  kill: 'the process was killed without warning (SIGKILL), then started again',
  pause: 'the process was frozen (SIGSTOP), then let go on',
  clock: 'the clock of the node was set wrong, or made to run too fast or too slow',
};

export const words: Readonly<Record<string, string>> = {
  ok: 'the operation happened: the system said so',
  fail: 'the operation did not happen and never will: the system said so',
  refused: 'the system answered no, as it should: a compare-and-set that found another value than expected. It did not happen',
  info: 'nobody knows: no clear answer came (a timeout, a lost connection). It may have happened, or happen later, or never',
  operation: 'one request of a client and the answer to it',
  process: 'one client, with one request under way at most; after an unknown answer its number is never used again',
  index:
    'the place of the operation in the history, by which verdicts name it: that of its answer, or of its request where no clear answer came',
  key: 'the object that an operation is about; each is judged by itself',
  node: 'one server of the system under test',
  fault: 'a disturbance that was put on the system on purpose',
  nemesis: 'the part of the test that injects faults',
  effective: 'a probe saw the fault take effect; a fault that was never proven counts as no coverage',
  workload: 'the kind of requests that clients made, and the data they made them on',
  model: 'the promise about what clients may see, against which the answers were judged',
  seed: 'the number from which all requests and faults were drawn; the same seed draws the same ones again',
  history: 'the complete record of all operations: when each was asked and answered, and what the answer was',
  anomaly: 'a set of operations whose answers contradict the model',
  leader: 'the node that decides the order of writes',
  term: 'the number of a leadership; it grows with each election',
  p50: 'half of the successful operations were faster than this',
  p95: '95 of 100 successful operations were faster than this',
  p99: '99 of 100 successful operations were faster than this',
  recovery: 'from the end of the last fault until every node answered again',
  'first success': 'from the end of a fault until a node that it hit served a request again; the median over the faults of this kind',
  'normal latency':
    'from the end of a fault until the median of ten successes in a row was back within twice the fault-free median; the median over the faults of this kind',
  success: 'the share of operations that the system served; a refused compare-and-set is served, a timeout is not',
};

/** The sentence for a word of the field, if it has one. */
export const meaningOf = (word: string): string | undefined => models[word] ?? anomalies[word] ?? faults[word] ?? words[word];
