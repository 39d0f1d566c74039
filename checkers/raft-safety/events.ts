/**
 * The event logs of Raft nodes, parsed: JSON lines `{level, timestamp, node_id, term, event, context}`, in the order in which the node wrote them.
 *
 * A node that was killed leaves a torn line, and its next life goes on behind it in the same file: what cannot be parsed is passed over,
 * and a line that was glued to a torn one is recovered.
 */

/** One line of a node's log, with where it stands. */
export interface RaftEvent {
  readonly node: string;
  /** From 1. */
  readonly line: number;
  readonly text: string;
  readonly term: number;
  readonly event: string;
  readonly context: Readonly<Record<string, unknown>>;
}

export interface NodeEvents {
  readonly node: string;
  readonly events: readonly RaftEvent[];
  /** Lines that were no events. */
  readonly torn: number;
}

export function parseEvents(node: string, text: string): NodeEvents {
  const events: RaftEvent[] = [];
  let torn = 0;
  text.split('\n').forEach((content, at) => {
    if (content.trim() === '') return;
    const found = parseLine(content);
    if (found === null) torn += 1;
    else events.push({ node, line: at + 1, ...found });
  });
  return { node, events, torn };
}

const opening = '{"level":';

function parseLine(content: string): Omit<RaftEvent, 'node' | 'line'> | null {
  const glued = content.lastIndexOf(opening);
  return parseObject(content) ?? (glued > 0 ? parseObject(content.slice(glued)) : null);
}

function parseObject(text: string): Omit<RaftEvent, 'node' | 'line'> | null {
  try {
    const value = JSON.parse(text) as Partial<RaftEvent> | null;
    if (typeof value?.event !== 'string' || typeof value.term !== 'number') return null;
    return { text, term: value.term, event: value.event, context: value.context ?? {} };
  } catch {
    return null;
  }
}

export const numberOf = (event: RaftEvent, name: string): number => {
  const value = event.context[name];
  return typeof value === 'number' ? value : Number.NaN;
};

const longestQuote = 400;

/** A line as an anomaly quotes it. */
export function quote({ node, line, text }: RaftEvent): string {
  return `${node} line ${line}: ${text.length > longestQuote ? `${text.slice(0, longestQuote)}…` : text}`;
}
