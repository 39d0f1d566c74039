/** Every property both accepts and rejects; lives, torn lines, truncations and snapshots raise no false alarm. */
import { describe, expect, test } from 'vitest';
import type { Event } from '../../harness/history/event.ts';
import { parseEvents } from './events.ts';
import { judgeRaftLogs, raftSafety } from './raft-safety.ts';

type Line = readonly [term: number, event: string, context: Record<string, unknown>];

const started = (term: number, last_index = 0, last_term = 0): Line => [term, 'node_started', { last_index, last_term }];
const elected = (term: number): Line => [term, 'leader_elected', {}];
const steppedDown = (term: number): Line => [term, 'leader_stepped_down', {}];
/** `1/1a` is the entry at index 1 of term 1 with digest a. */
const parse = (entry: string): [number, number, string] => {
  const [, index, term, digest] = /^(\d+)\/(\d+)(\w*)$/.exec(entry)!;
  return [Number(index), Number(term), digest!];
};
const appended = (term: number, ...entries: string[]): Line => [term, 'log_appended', { entries: entries.map(parse) }];
const cut = (term: number, from: number): Line => [term, 'conflict_resolved', { from }];
const applied = (term: number, entry: string): Line => {
  const [index, entry_term, digest] = parse(entry);
  return [term, 'commit_applied', { index, entry_term, digest }];
};
const installed = (term: number, index: number, entry_term: number, last_index = index): Line => [
  term,
  'snapshot_installed',
  { index, entry_term, last_index },
];

const textOf = (node: string, lines: readonly Line[]): string =>
  lines.map(([term, event, context]) => `${JSON.stringify({ level: 'info', node_id: node, term, event, context })}\n`).join('');

const judge = (nodes: Record<string, readonly Line[]>) =>
  raftSafety(Object.entries(nodes).map(([node, lines]) => parseEvents(node, textOf(node, lines))));

const types = (nodes: Record<string, readonly Line[]>) => judge(nodes).anomalies.map(({ type }) => type);

const ordinary = {
  n1: [started(0), elected(1), appended(1, '1/1a'), applied(1, '1/1a'), appended(1, '2/1b'), steppedDown(2)],
  n2: [started(0), appended(1, '1/1a'), elected(2), applied(2, '1/1a'), appended(2, '2/2c'), applied(2, '2/2c')],
  n3: [started(0), appended(1, '1/1a'), appended(2, '2/2c'), applied(2, '1/1a'), applied(2, '2/2c')],
};

test('accepts an ordinary change of leader', () => {
  expect(judge(ordinary)).toMatchObject({ valid: true, model: 'raft-safety', operations: 17, anomalies: [] });
});

test('without a single event there is nothing to say', () => {
  expect(judgeRaftLogs(new Map([['n1', new Map()]])).valid).toBe('unknown');
});

describe('election safety', () => {
  test('rejects: two leaders of one term, and quotes both lines', () => {
    const { valid, anomalies } = judge({ n1: [elected(3)], n2: [started(0), elected(3)] });
    expect(valid).toBe(false);
    expect(anomalies).toMatchObject([{ type: 'election-safety', operations: [] }]);
    expect(anomalies[0]!.explanation).toContain('n1 line 1: {');
    expect(anomalies[0]!.explanation).toContain('n2 line 2: {');
  });

  test('accepts: one node that leads term after term', () => {
    expect(types({ n1: [elected(1), steppedDown(1), elected(2)] })).toEqual([]);
  });
});

describe('leader append-only', () => {
  test('rejects: a leader that removes entries of its own', () => {
    expect(types({ n1: [started(0), elected(1), appended(1, '1/1a', '2/1b'), cut(1, 2)] })).toEqual(['leader-append-only']);
  });

  test('accepts: the same by a deposed leader, by its own word or by its term', () => {
    expect(types({ n1: [started(0), elected(1), appended(1, '1/1a'), steppedDown(2), cut(2, 1)] })).toEqual([]);
    expect(types({ n1: [started(0), elected(1), appended(1, '1/1a'), cut(2, 1)] })).toEqual([]);
  });
});

describe('log matching', () => {
  test('rejects: one index and term, two commands', () => {
    expect(types({ n1: [started(0), appended(1, '1/1a')], n2: [started(0), appended(1, '1/1b')] })).toEqual(['log-matching']);
  });

  test('rejects: the same entry behind entries of different terms', () => {
    const nodes = { n1: [started(0), appended(3, '1/1a', '2/3c')], n2: [started(0), appended(3, '1/2b', '2/3c')] };
    expect(types(nodes)).toEqual(['log-matching']);
  });

  test('accepts: different terms at one index, one of which is cut later', () => {
    const nodes = { n1: [started(0), appended(1, '1/1a')], n2: [started(0), appended(2, '1/2b'), cut(3, 1), appended(3, '1/1a')] };
    expect(types(nodes)).toEqual([]);
  });
});

describe('leader completeness', () => {
  test('rejects: a later leader that lacks what was committed', () => {
    const nodes = { n1: [started(0), elected(1), appended(1, '1/1a'), applied(1, '1/1a')], n2: [started(0), elected(2)] };
    expect(types(nodes)).toEqual(['leader-completeness']);
  });

  test('rejects: a later leader that holds another entry in its place (figure 8)', () => {
    const nodes = {
      n1: [started(0), elected(2), appended(2, '1/2a'), elected(4), applied(4, '1/2a')],
      n5: [started(0), elected(3), appended(3, '1/3b'), elected(5)],
    };
    expect(types(nodes)).toEqual(['leader-completeness']);
  });

  test('accepts: a leader of the same or an earlier term', () => {
    const nodes = { n1: [started(0), appended(2, '1/1a'), applied(2, '1/1a')], n2: [started(0), elected(1)], n3: [started(0), elected(2)] };
    expect(types(nodes)).toEqual([]);
  });

  test('accepts: a leader that holds it in a snapshot', () => {
    const nodes = {
      n1: [started(0), elected(1), appended(1, '1/1a'), applied(1, '1/1a')],
      n2: [started(0), installed(1, 1, 1), elected(2)],
    };
    expect(types(nodes)).toEqual([]);
  });
});

describe('what is known of a log', () => {
  const committed = [started(0), elected(1), appended(1, '1/1a'), applied(1, '1/1a')];

  test('a log that is not said to begin is taken to begin empty, as one that is', () => {
    expect(types({ n1: [started(0), appended(1, '1/1a')], n2: [appended(1, '1/1a')] })).toEqual([]);
    expect(types({ n1: committed, n2: [elected(2)] })).toEqual(['leader-completeness']);
  });

  test('what was appended before stays known when more is appended', () => {
    const nodes = { n1: committed, n2: [started(0), appended(2, '1/2x'), appended(2, '2/2y'), elected(3)] };
    expect(judge(nodes).anomalies).toMatchObject([{ type: 'leader-completeness', explanation: expect.stringContaining('holds another') }]);
  });

  test('what was durable stays known when what came after it was not', () => {
    const nodes = { n1: committed, n2: [started(0), appended(2, '1/2x'), appended(2, '2/2y'), started(2, 1, 2), elected(3)] };
    expect(judge(nodes).anomalies).toMatchObject([{ type: 'leader-completeness', explanation: expect.stringContaining('holds another') }]);
  });

  test('a leader is held against the first that applied the entry, in the lowest term', () => {
    const nodes = { n1: [applied(1, '1/1a')], n2: [applied(1, '1/1a')], n3: [elected(2)] };
    const { explanation } = judge(nodes).anomalies[0]!;
    expect(explanation).toContain('n1 line 1');
    expect(explanation).not.toContain('n2 line 1');
  });
});

describe('state machine safety', () => {
  test('rejects: different entries applied at one index', () => {
    expect(types({ n1: [applied(1, '1/1a')], n2: [applied(2, '1/2b')] })).toEqual(['state-machine-safety']);
  });

  test('accepts: the same entry applied again after a restart', () => {
    expect(types({ n1: [started(0), appended(1, '1/1a'), applied(1, '1/1a'), started(1, 1, 1), applied(2, '1/1a')] })).toEqual([]);
  });
});

describe('what a killed node leaves', () => {
  const committed = [started(0), elected(1), appended(1, '1/1a', '2/1b'), applied(1, '1/1a'), applied(1, '2/1b')];

  test('entries that were not durable are gone: a leader without them is noticed', () => {
    expect(types({ n1: committed, n2: [started(0), appended(1, '1/1a', '2/1b'), started(1, 1, 1), elected(2)] })).toEqual([
      'leader-completeness',
    ]);
  });

  test('a cut that was not durable did not happen', () => {
    const life = [started(0), appended(1, '1/1a', '2/1b'), cut(2, 2), appended(2, '2/2c'), started(1, 2, 1)];
    expect(types({ n1: committed, n2: [...life, elected(2)] })).toEqual([]);
  });

  test('a snapshot that was not durable was not installed, and the entries before it are known again', () => {
    const life = [started(0), appended(1, '1/1a'), installed(1, 5, 1), started(1, 1, 1), elected(2)];
    expect(types({ n1: committed, n2: life })).toEqual(['leader-completeness']);
  });

  test('a log that begins in the middle is not held against the node', () => {
    expect(types({ n1: committed, n2: [started(1, 2, 1), elected(2)] })).toEqual([]);
    expect(types({ n1: committed, n2: [appended(1, '7/1x'), elected(2)] })).toEqual([]);
  });

  test('a torn line is passed over, and what was glued to it is read', () => {
    const text = `${textOf('n2', [started(0), appended(1, '1/1a')])}{"level":"debug","node_${textOf('n2', [started(1, 1, 1), elected(1)])}{"lev`;
    const parsed = parseEvents('n2', text);
    expect(parsed.events.map(({ event, line }) => [event, line])).toEqual([
      ['node_started', 1],
      ['log_appended', 2],
      ['node_started', 3],
      ['leader_elected', 4],
    ]);
    expect(parsed.torn).toBe(1);
    expect(raftSafety([parsed, parseEvents('n1', textOf('n1', [elected(1)]))]).anomalies).toHaveLength(1);
  });
});

test('a property broken again and again is told five times', () => {
  const lines = Array.from({ length: 20 }, (_, at) => elected(at + 1));
  expect(judge({ n1: lines, n2: lines }).anomalies).toHaveLength(5);
});

describe('the operations behind a breach', () => {
  const write = (index: number, value: number): Event[] => [
    { index, time: index, process: 0, type: 'invoke', f: 'write', key: 'x', value },
    { index: index + 1, time: index + 1, process: 0, type: 'ok', f: 'write', key: 'x', value },
  ];
  const says = (term: number, index: number, digest: string, value: number): Line => [
    term,
    'commit_applied',
    { index, entry_term: term, digest, operation: 'write', key: 'x', value },
  ];
  const judged = (history: Event[]) =>
    raftSafety([parseEvents('n1', textOf('n1', [says(1, 1, 'a', 7)])), parseEvents('n2', textOf('n2', [says(2, 1, 'b', 8)]))], history)
      .anomalies;

  test('are named by the values that were applied', () => {
    expect(judged([...write(0, 7), ...write(2, 8), ...write(4, 9)])).toMatchObject([{ type: 'state-machine-safety', operations: [1, 3] }]);
  });

  test('a value that was written twice names nobody', () => {
    expect(judged([...write(0, 7), ...write(2, 7), ...write(4, 8)])).toMatchObject([{ operations: [5] }]);
  });

  test('entries that nobody asked for do not displace those that somebody did', () => {
    const term = [1, 2, 3, 4, 5].map(index => says(1, index, `d${index}`, index === 1 ? 7 : 100 + index));
    const nodes = [parseEvents('n1', textOf('n1', [elected(1), ...term])), parseEvents('n2', textOf('n2', [elected(1)]))];
    expect(raftSafety(nodes, [...write(0, 7)]).anomalies).toMatchObject([{ type: 'election-safety', operations: [1] }]);
  });

  test('a read is not taken for who asked for an entry without a value', () => {
    const history: Event[] = [
      { index: 0, time: 0, process: 0, type: 'invoke', f: 'read', key: 'x', value: null },
      { index: 1, time: 1, process: 0, type: 'ok', f: 'read', key: 'x', value: null },
    ];
    const empty = (digest: string): Line => [
      1,
      'commit_applied',
      { index: 1, entry_term: 1, digest, operation: 'read', key: 'x', value: null },
    ];
    const nodes = [parseEvents('n1', textOf('n1', [empty('a')])), parseEvents('n2', textOf('n2', [empty('b')]))];
    expect(raftSafety(nodes, history).anomalies).toMatchObject([{ type: 'state-machine-safety', operations: [] }]);
  });
});
