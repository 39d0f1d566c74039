/**
 * Histories drawn as lanes, for tests:
 *
 *     lanes`
 *       p0     |write 1|   |x: cas 1 2|
 *       p1@n2       |read 1|       |write 5 info|   |write 6 ...
 *     `
 *
 * A line is a process, perhaps with its node; bars are its calls and returns, and columns are time (a column is a millisecond; in one
 * column calls come before returns, upper lines before lower ones). Between the bars: an optional `key:`, the operation's name, its JSON
 * values (none: null, several: an array), and what became of it: nothing for `ok`, or `fail`, `info`, `missed` (ok with applied: false).
 * Without a second bar there is no completion. Names that only ask (`read`, `get`, `dequeue`, …) have their value in the answer alone.
 * After an unknown outcome a lane goes on under a new process number: as many further as there are lanes.
 */
import type { Event, EventType, History, Key } from '../../harness/history/event.ts';
import { assert } from '../../harness/std/assert.ts';
import type { Json } from '../../harness/std/json.ts';

const asking = new Set(['read', 'get', 'peek', 'dequeue', 'pop', 'poll', 'drain', 'generate']);

interface Drawn {
  readonly column: number;
  readonly line: number;
  readonly event: Omit<Event, 'index' | 'time'>;
}

/**
 * A history drawn as lanes: a line is a process, bars are its calls and returns, columns are time (a millisecond each). Between the bars: an optional `key:`,
 * the operation's name, its JSON values, and what became of it: nothing for `ok`, or `fail`, `info`, `missed` (an ok cas with `applied: false`).
 * Without a second bar there is no answer. Names that only ask (`read`, `get`, `dequeue`, …) have their value in the answer alone.
 *
 * @example
 * lanes`
 *   p0     |write 1|   |x: cas 1 2|
 *   p1@n2       |read 1|       |write 5 info|   |write 6 ...
 * `;
 */
export const lanes = (strings: TemplateStringsArray, ...values: readonly Json[]): History => {
  const text = String.raw({ raw: strings }, ...values.map(value => JSON.stringify(value)));
  const lines = text.split('\n').filter(line => line.trim() !== '');
  const drawn = lines.flatMap((line, at) => lane(line, at, lines.length));
  const late = ({ event }: Drawn): number => (event.type === 'invoke' ? 0 : 1);
  drawn.sort((a, b) => a.column - b.column || late(a) - late(b) || a.line - b.line);
  return drawn.map(({ column, event }, index) => ({ index, time: column * 1_000_000, ...event }) as Event);
};

const lane = (line: string, at: number, lanesInAll: number): Drawn[] => {
  const label = /^\s*p(\d+)(?:@(\S+))?/.exec(line);
  assert(label, `a lane begins with its process, as p0: ${line}`);
  let process = Number(label[1]);
  const node = label[2] === undefined ? {} : { node: label[2] };
  const drawn: Drawn[] = [];
  const pattern = /\|([^|]*)(\||$)/g;
  pattern.lastIndex = label[0].length;
  for (let bar = pattern.exec(line); bar !== null; bar = pattern.exec(line)) {
    const closed = bar[2] === '|';
    const { type, asked, answered, ...named } = operation(bar[1]!.replace('...', ''));
    drawn.push({ column: bar.index, line: at, event: { process, type: 'invoke', ...named, value: asked, ...node } as Drawn['event'] });
    if (closed) {
      const { applied, ...rest } = answered;
      const event = { process, type, ...named, ...rest, ...(applied === false && { applied }), ...node } as Drawn['event'];
      drawn.push({ column: bar.index + bar[0].length - 1, line: at, event });
    }
    if (!closed || type === 'info') process += lanesInAll;
  }
  return drawn;
};

interface Parsed {
  readonly f: string;
  readonly key?: Key;
  readonly type: EventType;
  readonly asked: Json;
  readonly answered: { readonly value: Json; readonly applied?: boolean };
}

const operation = (text: string): Parsed => {
  const [, keyed, body] = /^\s*(?:([\w-]+):\s)?(.*?)\s*$/.exec(text)!;
  const key = keyed === undefined ? {} : { key: /^\d+$/.test(keyed) ? Number(keyed) : keyed };
  const words = body!.match(/"[^"]*"|\[.*\]|\{.*\}|\S+/g) ?? [];
  const f = words.shift();
  assert(f, `no operation between the bars: ${text}`);
  const outcome = ['fail', 'info', 'missed'].find(word => word === words.at(-1));
  if (outcome !== undefined) words.pop();
  const parsed = words.map(word => JSON.parse(word) as Json);
  const value = parsed.length === 0 ? null : parsed.length === 1 ? parsed[0]! : parsed;
  const asked = asking.has(f) ? null : value;
  const type: EventType = outcome === 'fail' || outcome === 'info' ? outcome : 'ok';
  const answered = { value: type === 'ok' ? value : asked, ...(outcome === 'missed' && { applied: false }) };
  return { f, ...key, type, asked, answered };
};
