/** Raft's five safety properties, and that reads are current, watched from outside while a simulated cluster runs. */
import { entryAt, lastIndex, termAt } from '../log.ts';
import type { RaftState } from '../state.ts';
import type { CoreEvent, Entry } from '../types.ts';

export interface Referee {
  onEvent(node: string, event: CoreEvent, state: RaftState): void;
  onAck(index: number): void;
  /** Highest index acknowledged to a client so far. */
  acked(): number;
  onRead: (node: string, state: RaftState, ackedAtStart: number) => void;
  readonly violations: string[];
}

interface Committed {
  readonly entry: Entry;
  readonly inTerm: number;
}

const same = (a: Entry, b: Entry): boolean => a === b || (a.term === b.term && JSON.stringify(a.command) === JSON.stringify(b.command));

export function newReferee(): Referee {
  const leaders = new Map<number, string>();
  const written = new Map<string, { entry: Entry; prevTerm: number | undefined }>();
  const committed = new Map<number, Committed>();
  const violations: string[] = [];
  let highestAck = 0;
  const violated = (property: string, detail: string) => violations.push(`${property}: ${detail}`);

  const onLeader = (node: string, state: RaftState) => {
    const other = leaders.get(state.term);
    if (other !== undefined && other !== node) violated('election-safety', `${other} and ${node} both lead term ${state.term}`);
    leaders.set(state.term, node);
    for (const [index, { entry, inTerm }] of committed) {
      if (inTerm >= state.term || index <= state.log.base.index) continue;
      const mine = entryAt(state.log, index);
      if (!mine || !same(mine, entry))
        violated('leader-completeness', `${node}, leader of term ${state.term}, lacks entry ${index} committed in term ${inTerm}`);
    }
  };

  const onAppended = (node: string, entries: readonly Entry[], state: RaftState) => {
    for (const entry of entries) {
      const name = `${entry.index}/${entry.term}`;
      const known = written.get(name);
      const prevTerm = termAt(state.log, entry.index - 1);
      if (known && !same(known.entry, entry)) violated('log-matching', `entry ${name} on ${node} differs`);
      else if (known && prevTerm !== undefined && known.prevTerm !== undefined && known.prevTerm !== prevTerm)
        violated('log-matching', `before entry ${name} on ${node} lies term ${prevTerm}, elsewhere ${known.prevTerm}`);
      if (!known) written.set(name, { entry, prevTerm });
    }
  };

  const onApplied = (node: string, entry: Entry, state: RaftState) => {
    const known = committed.get(entry.index);
    if (known && !same(known.entry, entry))
      violated('state-machine-safety', `${node} applied another entry ${entry.index} than was applied before`);
    if (!known || state.term < known.inTerm) committed.set(entry.index, { entry, inTerm: state.term });
  };

  return {
    violations,
    acked: () => highestAck,
    onAck: index => {
      highestAck = Math.max(highestAck, index);
    },
    onRead(node, state, ackedAtStart) {
      if (state.lastApplied < ackedAtStart)
        violated('stale-read', `${node} answered at ${state.lastApplied}, ${ackedAtStart} was acknowledged`);
    },
    onEvent(node, { event, context }, state) {
      if (event === 'leader_elected') onLeader(node, state);
      if (event === 'log_appended') onAppended(node, context.entries as Entry[], state);
      if (event === 'commit_applied') onApplied(node, context.entry as Entry, state);
      if (event === 'conflict_resolved' && state.role === 'leader')
        violated('leader-append-only', `${node} cut its log to ${lastIndex(state.log)}`);
    },
  };
}
