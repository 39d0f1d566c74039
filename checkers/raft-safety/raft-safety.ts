/**
 * Raft's five safety properties, judged from what the nodes wrote down.
 *
 * - `election-safety`: a term has one leader at most.
 * - `leader-append-only`: a leader never removes or replaces entries of its own log.
 * - `log-matching`: logs that hold an entry of the same index and term are equal up to it.
 * - `leader-completeness`: an entry committed in a term is in the log of the leader of every later term.
 * - `state-machine-safety`: no two nodes apply different entries at one index.
 *
 * Shape: one anomaly per breach, at most `ANOMALIES_PER_PROPERTY` of each kind, which quotes the lines that contradict each other; `operations` are
 * those of the history that asked for the entries concerned, as far as the values tell. Never concludes from what a log does not tell: lost lines make it see less.
 * O(events) time and memory, plus the entries a leader is asked for again after its log was cut.
 * Source: Ongaro and Ousterhout, "In Search of an Understandable Consensus Algorithm", USENIX ATC 2014, figure 3.
 */
import type { History } from '../../harness/history/event.ts';
import type { Anomaly, Verdict } from '../../harness/protocol/checker.ts';
import { type NodeEvents, numberOf, parseEvents, quote, type RaftEvent } from './events.ts';
import { appendedEntries, type LogEntry, NodeLog } from './node-log.ts';
import { createRequests, type Requests } from './requests.ts';

export const ANOMALIES_PER_PROPERTY = 5;
const EVENT_LOG = 'events.jsonl';

/** What a system's `judgeLogs` is: reads `events.jsonl` of every node. */
export function judgeRaftLogs(logs: ReadonlyMap<string, ReadonlyMap<string, string>>, history: History = []): Verdict {
  return raftSafety(
    [...logs].map(([node, files]) => parseEvents(node, files.get(EVENT_LOG) ?? '')),
    history,
  );
}

export function raftSafety(nodes: readonly NodeEvents[], history: History = []): Verdict {
  const began = performance.now();
  const findings = new Findings(createRequests(nodes, history));
  const committed = collectCommitted(nodes, findings);
  electionSafety(nodes, findings);
  const written = new Map<string, Written>();
  for (const { events } of nodes) replay(events, { findings, committed, written });
  const events = nodes.reduce((sum, node) => sum + node.events.length, 0);
  const silent = nodes.filter(node => node.events.length === 0).map(({ node }) => node);
  return {
    valid: findings.anomalies.length > 0 ? false : events === 0 ? 'unknown' : true,
    workload: 'logs',
    model: 'raft-safety',
    operations: events,
    keys: nodes.length,
    elapsedMs: performance.now() - began,
    anomalies: findings.anomalies,
    method: 'event logs',
    ...(events === 0 ? { unknown: 'no node wrote an event log' } : {}),
    ...(silent.length > 0 ? { warnings: [`no events of ${silent.join(', ')}`] } : {}),
  };
}

class Findings {
  readonly anomalies: Anomaly[] = [];
  readonly #counts = new Map<string, number>();
  readonly requests: Requests;

  constructor(requests: Requests) {
    this.requests = requests;
  }

  /** `operations`: who asked for what the breach is about; by default for the entries that the evidence applied. */
  add(type: string, explanation: string, evidence: readonly RaftEvent[], operations?: readonly number[]): void {
    const count = (this.#counts.get(type) ?? 0) + 1;
    this.#counts.set(type, count);
    if (count > ANOMALIES_PER_PROPERTY) return;
    const concerned =
      operations ??
      this.requests.ofDigests(evidence.flatMap(({ context }) => (typeof context.digest === 'string' ? [context.digest] : [])));
    this.anomalies.push({ type, operations: concerned, explanation: [`${explanation}:`, ...evidence.map(quote)].join('\n') });
  }
}

function electionSafety(nodes: readonly NodeEvents[], findings: Findings): void {
  const leaders = new Map<number, RaftEvent>();
  for (const elected of nodes.flatMap(({ events }) => events.filter(({ event }) => event === 'leader_elected'))) {
    const other = leaders.get(elected.term);
    if (other === undefined) leaders.set(elected.term, elected);
    else if (other.node === elected.node)
      findings.add(
        'election-safety',
        `${elected.node} was elected twice in term ${elected.term}`,
        [other, elected],
        findings.requests.ofTerm(elected.term),
      );
    else
      findings.add(
        'election-safety',
        `${other.node} and ${elected.node} were both elected in term ${elected.term}`,
        [other, elected],
        findings.requests.ofTerm(elected.term),
      );
  }
}

interface Commit {
  readonly index: number;
  readonly entryTerm: number;
  readonly digest: string;
  /** It was committed in this term or before: the lowest term in which a node applied it. */
  readonly term: number;
  readonly source: RaftEvent;
}

interface Committed {
  readonly byIndex: ReadonlyMap<number, Commit>;
  /** Highest index committed before a term. */
  before(term: number): number;
}

/** What was applied, by index; and state machine safety on the way. */
function collectCommitted(nodes: readonly NodeEvents[], findings: Findings): Committed {
  const byIndex = new Map<number, Commit>();
  for (const source of nodes.flatMap(({ events }) => events.filter(({ event }) => event === 'commit_applied'))) {
    const commit = {
      index: numberOf(source, 'index'),
      entryTerm: numberOf(source, 'entry_term'),
      digest: String(source.context.digest),
      term: source.term,
      source,
    };
    if (Number.isNaN(commit.index) || Number.isNaN(commit.entryTerm)) continue; // a line that does not say which entry tells nothing
    const known = byIndex.get(commit.index);
    if (known !== undefined && (known.entryTerm !== commit.entryTerm || known.digest !== commit.digest))
      findings.add('state-machine-safety', `${known.source.node} and ${source.node} applied different entries at index ${commit.index}`, [
        known.source,
        source,
      ]);
    if (known === undefined || commit.term < known.term) byIndex.set(commit.index, commit);
  }
  return { byIndex, before: highestBefore([...byIndex.values()]) };
}

function highestBefore(commits: Commit[]): (term: number) => number {
  const highest = new Map<number, number>();
  for (const { term, index } of commits) highest.set(term, Math.max(highest.get(term) ?? 0, index));
  const terms = [...highest.keys()].sort((a, b) => a - b);
  return term => terms.reduce((max, each) => (each < term ? Math.max(max, highest.get(each)!) : max), 0);
}

interface Written {
  readonly entry: LogEntry;
  readonly prevTerm: number | undefined;
}

interface Context {
  readonly findings: Findings;
  readonly committed: Committed;
  /** The first sighting of every (index, term). */
  readonly written: Map<string, Written>;
}

/** Plays one node's events in order, keeping its log and whether it leads. */
function replay(events: readonly RaftEvent[], context: Context): void {
  const log = new NodeLog();
  let elected: RaftEvent | null = null;
  /** The log agrees with what was committed up to here. */
  let agreed = 0;
  for (const event of events) {
    if (elected !== null && event.term > elected.term) elected = null;
    switch (event.event) {
      case 'node_started':
        log.restart(event);
        elected = null;
        agreed = Math.min(agreed, log.baseIndex);
        break;
      case 'leader_stepped_down':
        elected = null;
        break;
      case 'leader_elected':
        elected = event;
        agreed = leaderCompleteness(log, event, agreed, context);
        break;
      case 'log_appended': {
        const entries = appendedEntries(event);
        log.append(entries);
        for (const entry of entries) logMatching(log, entry, context);
        break;
      }
      case 'conflict_resolved': {
        const from = numberOf(event, 'from');
        if (elected !== null) {
          const what = `${event.node}, leader of term ${elected.term}, removed entries of its own log from index ${from}`;
          context.findings.add('leader-append-only', what, [elected, event]);
        }
        log.cut(from);
        agreed = Math.min(agreed, from - 1);
        break;
      }
      case 'snapshot_installed':
        log.install(numberOf(event, 'index'), numberOf(event, 'entry_term'), numberOf(event, 'last_index'));
        break;
    }
  }
}

/** By induction: equal entries everywhere, each behind an entry of the same term, make equal prefixes. */
function logMatching(log: NodeLog, entry: LogEntry, { findings, written }: Context): void {
  const name = `${entry.index}/${entry.term}`;
  const prevTerm = log.termAt(entry.index - 1);
  const first = written.get(name);
  if (first === undefined) {
    written.set(name, { entry, prevTerm });
    return;
  }
  const where = `entry ${entry.index} of term ${entry.term}`;
  const evidence = [first.entry.source, entry.source];
  if (first.entry.digest !== entry.digest)
    findings.add(
      'log-matching',
      `${where} is one thing on ${first.entry.source.node} and another on ${entry.source.node}`,
      evidence,
      findings.requests.ofDigests([first.entry.digest, entry.digest]),
    );
  else if (first.prevTerm === undefined) written.set(name, { entry: first.entry, prevTerm });
  else if (prevTerm !== undefined && prevTerm !== first.prevTerm)
    findings.add(
      'log-matching',
      `before ${where} lies an entry of term ${first.prevTerm} on ${first.entry.source.node}, of term ${prevTerm} on ${entry.source.node}`,
      evidence,
      findings.requests.ofDigests([entry.digest]),
    );
}

/** Answers up to where the log now is known to agree with what was committed. */
function leaderCompleteness(log: NodeLog, elected: RaftEvent, agreed: number, { findings, committed }: Context): number {
  const needed = committed.before(elected.term);
  let upTo = Math.max(agreed, log.baseIndex);
  let whole = true;
  for (let index = upTo + 1; index <= needed; index++) {
    const commit = committed.byIndex.get(index);
    const entry = log.at(index);
    const held = entry !== undefined && entry.term === commit?.entryTerm && entry.digest === commit.digest;
    if (commit === undefined || commit.term >= elected.term) whole = false;
    else if (!held) {
      const what = `${elected.node}, leader of term ${elected.term}, ${entry === undefined ? 'lacks' : 'holds another'} entry ${index}, committed in term ${commit.term}`;
      const digests = [commit.digest, ...(entry === undefined ? [] : [entry.digest])];
      findings.add(
        'leader-completeness',
        what,
        [commit.source, ...(entry === undefined ? [] : [entry.source]), elected],
        findings.requests.ofDigests(digests),
      );
      return upTo;
    }
    if (whole) upTo = index;
  }
  return upTo;
}
