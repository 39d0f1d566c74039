import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Json } from '../std/json.ts';
import { formatEvent } from './format.ts';
import { createJsonLineParser } from './json-line.ts';
import { RawEvent, slots } from './raw-event.ts';
import { absent, ValueTable } from './value-table.ts';

/** What the parser makes of a line, as JSON.parse would say it; undefined if it leaves it alone. */
const readLine = (line: string): Record<string, Json> | undefined => {
  const [raw, table] = [new RawEvent(), new ValueTable()];
  const bytes = Buffer.from(`x${line}\n`);
  if (!createJsonLineParser(raw, table).parse(bytes, 1, bytes.length - 1)) return undefined;
  const others = table.decode(table.seal(0, true)) as Record<string, Json>;
  const event: Record<string, Json> = { ...others };
  if (!Number.isNaN(raw.index)) event.index = raw.index;
  if (!Number.isNaN(raw.time)) event.time = raw.time;
  if (raw.oddIndex !== absent) event.index = table.decode(raw.oddIndex);
  if (raw.oddTime !== absent) event.time = table.decode(raw.oddTime);
  for (const name of ['process', 'type', 'f', 'key', 'value', 'node', 'error'] as const)
    if (raw[name] !== absent) event[name] = table.decode(raw[name]);
  return event;
};

/** JSON.parse, but for a null where a number should be, which is as good as nothing. */
const expected = (line: string): Record<string, Json> => {
  const event = JSON.parse(line);
  for (const name of ['index', 'time']) if (event[name] === null) delete event[name];
  return event;
};

const scalar = fc.oneof(
  fc.nat(),
  fc.integer(),
  fc.constant(null),
  fc.boolean(),
  fc.constantFrom('x', 'y z', '', 'ü', 'a"b', '\\', '\u0001', '😀'),
  fc.constantFrom(1.5, -0.25, 1e-7, 123456789012345, 536870911, 536870912, -536870912, 1e21),
);
const usualEvent = fc.record(
  {
    index: fc.nat(),
    time: fc.maxSafeNat(),
    process: fc.oneof(fc.nat(), fc.constant('nemesis' as const)),
    type: fc.constantFrom('invoke' as const, 'ok' as const, 'fail' as const, 'info' as const),
    f: fc.constantFrom('read', 'write', 'cas'),
    key: fc.oneof(fc.nat(), fc.constantFrom('k0', 'a key', '')),
    value: fc.oneof(
      scalar,
      fc.array(scalar),
      fc.array(fc.array(scalar)),
      fc.dictionary(fc.constantFrom('a', 'b', 'é', '__proto__'), scalar),
    ),
    node: fc.constantFrom('n1', 'n2'),
    error: fc.oneof(fc.constant('timeout'), fc.record({ name: fc.constant('x'), message: fc.string() })),
    due: fc.nat(),
    i: fc.nat(),
  },
  { requiredKeys: ['process', 'type', 'f'] },
);
const shuffled = fc.tuple(usualEvent, fc.infiniteStream(fc.nat(1000)), fc.constantFrom('', ' ', '\t ')).map(([event, order, gap]) => {
  const ranked = Object.entries(event).map(entry => [order.next().value as number, entry] as const);
  const members = ranked
    .sort((a, b) => a[0] - b[0])
    .map(([, [name, value]]) => `${gap}${JSON.stringify(name)}${gap}:${gap}${JSON.stringify(value)}`);
  return `${gap}{${members.join(`${gap},`)}${gap}}${gap}`;
});

test('reads every event that the contract knows, whatever the order of its members and the space between them', () => {
  fc.assert(
    fc.property(shuffled, line => {
      expect(readLine(line)).toEqual(expected(line));
    }),
    { numRuns: 2000 },
  );
});

test('reads what our own writer writes', () => {
  fc.assert(
    fc.property(usualEvent, event => {
      const line = formatEvent({ index: 0, time: 0, value: null, ...event } as never).trimEnd();
      expect(readLine(line)).toEqual(expected(line));
    }),
    { numRuns: 500 },
  );
});

test('answers what JSON.parse answers or nothing, whatever is done to the line', () => {
  const pieces = [
    '',
    '"',
    ',',
    '0',
    '-',
    '.',
    'e1',
    '[',
    ']',
    '{',
    '}',
    '\\',
    ' ',
    ':',
    'null',
    '\u00fc',
    '\u0001',
    ',"due":3',
    '99999999',
  ];
  let read = 0;
  const line = fc.tuple(shuffled, fc.nat(), fc.constantFrom(...pieces), fc.nat(3)).map(([text, at, insert, remove]) => {
    const from = at % (text.length + 1);
    return text.slice(0, from) + insert + text.slice(from + remove);
  });
  fc.assert(
    fc.property(line, text => {
      const event = readLine(text);
      if (event === undefined || /\d{16}/.test(text) || /\p{Cs}/u.test(text)) return;
      read++;
      expect(event).toEqual(expected(text));
    }),
    { numRuns: 5000 },
  );
  expect(read).toBeGreaterThan(500);
});

test('integers that would be rounded stay apart in keys and values', () => {
  expect(readLine('{"key":9007199254740993,"value":[9007199254740993,9007199254740992,-12345678901234567890]}')).toEqual({
    key: '9007199254740993',
    value: ['9007199254740993', 9007199254740992, '-12345678901234567890'],
  });
  expect(readLine('{"time":1764000000000000001}')).toEqual({ time: 1764000000000000000 });
});

test('leaves alone what is not one object of JSON', () => {
  for (const line of [
    '',
    '[]',
    '{}',
    '{"a":01}',
    '{"a":1}}',
    '{"a":1,}',
    '{"a":+1}',
    '{"a":1.}',
    '{"a":-}',
    '{"a" 1}',
    '{"a":nul}',
    '{"a":"\\x"}',
  ])
    expect([line, readLine(line)]).toEqual([line, undefined]);
  expect(readLine(`{"value":${'['.repeat(200)}${']'.repeat(200)}}`)).toBeUndefined();
});

test('the slots are the members of the contract', () => {
  expect(Object.keys(slots)).toEqual(['other', 'index', 'time', 'process', 'type', 'f', 'key', 'value', 'node', 'error']);
});
