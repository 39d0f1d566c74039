import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatEvent } from './format.ts';
import { usualLines } from './usual-line.ts';

const readLine = (line: string) => usualLines(Buffer.from(line))(0, Buffer.byteLength(line));

const usualEvent = fc.record(
  {
    index: fc.nat(),
    time: fc.maxSafeNat(),
    process: fc.oneof(fc.nat(), fc.constant('nemesis' as const)),
    type: fc.constantFrom('invoke' as const, 'ok' as const, 'fail' as const, 'info' as const),
    f: fc.constantFrom('read', 'write', 'cas'),
    key: fc.oneof(fc.nat(), fc.constantFrom('k0', 'a key', '')),
    value: fc.oneof(
      fc.nat(),
      fc.constant(null),
      fc.constantFrom('x', 'y z'),
      fc.array(fc.oneof(fc.nat(), fc.constant(null)), { minLength: 1 }),
    ),
    node: fc.constantFrom('n1', 'n2'),
  },
  { requiredKeys: ['index', 'time', 'process', 'type', 'f', 'value'] },
);

test('reads what the writer writes for the usual operations', () => {
  fc.assert(
    fc.property(usualEvent, event => {
      const line = formatEvent(event).trimEnd();
      if (event.time < 1e15) expect(readLine(line)).toEqual(JSON.parse(line));
      else expect(readLine(line)).toBeUndefined();
    }),
    { numRuns: 1000 },
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
  const line = fc.tuple(usualEvent, fc.nat(), fc.constantFrom(...pieces), fc.nat(3)).map(([event, at, insert, remove]) => {
    const text = formatEvent(event).trimEnd();
    const from = at % (text.length + 1);
    return text.slice(0, from) + insert + text.slice(from + remove);
  });
  fc.assert(
    fc.property(line, text => {
      const read = readLine(text);
      if (read !== undefined) expect(read).toEqual(JSON.parse(text));
    }),
    { numRuns: 5000 },
  );
});

test('what is not usual is left alone', () => {
  const base = { index: 0, time: 0, process: 0, type: 'ok' as const, f: 'read' };
  for (const value of [true, -1, 1.5, {}, [], [[1]], 'ü', 'a"b', 1e15])
    expect(readLine(JSON.stringify({ ...base, value }))).toBeUndefined();
  expect(readLine(JSON.stringify({ ...base, value: 1, error: 'timeout' }))).toBeUndefined();
  expect(readLine('{"index":01,"time":0,"process":0,"type":"ok","f":"read","value":1}')).toBeUndefined();
});
