import fc from 'fast-check';
import { expect, test } from 'vitest';
import { UserError } from '../std/user-error.ts';
import type { Event } from './event.ts';
import { formatEvent } from './format.ts';
import { scanJson } from './json-scanner.ts';
import { createJsonLinesReader } from './reader.ts';

const readJsonLines = (bytes: Buffer) => {
  const reader = createJsonLinesReader('h.jsonl');
  reader.read(bytes, 0, bytes.length, true);
  return reader.finish();
};

const read = (text: string) => readJsonLines(Buffer.from(text));

const complaintAbout = (text: string): string => {
  try {
    read(text);
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    expect(error).toMatchObject({ blame: 'data', code: 'malformed-history' });
    return (error as Error).message;
  }
  throw new Error('it was accepted');
};

const invoke = '{"index":0,"time":10,"process":3,"type":"invoke","f":"write","key":"x","value":5}\n';
const ok = '{"index":1,"time":20,"process":3,"type":"ok","f":"write","key":"x","value":5}\n';

test('reads events and keeps what the contract does not know', () => {
  const { history, warnings } = read(`${invoke}\n${ok.replace('}', ',"shard":[1],"error":{"name":"a","message":"b"}}')}`);
  expect(warnings).toEqual([]);
  expect(history).toEqual([
    { index: 0, time: 10, process: 3, type: 'invoke', f: 'write', key: 'x', value: 5 },
    { index: 1, time: 20, process: 3, type: 'ok', f: 'write', key: 'x', value: 5, shard: [1], error: { name: 'a', message: 'b' } },
  ]);
});

test('index, time and value may be missing: the order of the lines counts', () => {
  const { history, warnings } = read('{"process":1,"type":"invoke","f":"read"}\n\n{"process":1,"type":"ok","f":"read","value":7}\r\n');
  expect(warnings).toEqual([]);
  expect(history.map(({ index, time, value }) => [index, time, value])).toEqual([
    [0, 1, null],
    [1, 3, 7],
  ]);
});

test('a file cut off anywhere gives all lines that are whole, and a warning for the rest', () => {
  const whole = `${invoke}{"process":"nemesis","type":"info","f":"ü\\u00fc\\n","value":[-1.5e-7,true,null,{"a":"\\\\"}]}\n${ok.replace('"index":1', '"index":2')}`;
  const bytes = Buffer.from(whole);
  const all = read(whole).history;
  const ends = [...whole.matchAll(/\n/g)].map(match => Buffer.byteLength(whole.slice(0, match.index)));
  for (let cut = 0; cut <= bytes.length; cut++) {
    const { history, warnings } = readJsonLines(bytes.subarray(0, cut));
    const complete = ends.filter(end => cut >= end).length;
    const isWhole = cut === 0 || ends.some(end => cut === end || cut === end + 1);
    expect([cut, history]).toEqual([cut, all.slice(0, complete)]);
    expect([cut, warnings.length]).toEqual([cut, isWhole ? 0 : 1]);
  }
});

test('a line that is wrong and not merely cut off is an error, even if it is the last', () => {
  expect(complaintAbout(`${invoke}{"process":3,,`)).toBe('h.jsonl:2:14: expected a member name in double quotes, found ,');
  expect(complaintAbout(`${invoke}{"process":3\n`)).toBe('h.jsonl:2:13: expected "," or "}", found the end of the line');
});

test.each([
  ['nonsense', 'h.jsonl:1:1: expected a value, found nonsense'],
  ['  [1]', 'h.jsonl:1:3: expected an event: a JSON object, found [1]'],
  ['{"process":tru}', 'h.jsonl:1:12: expected a value, found tru}'],
  ['{"process":1} {"process":1}', 'h.jsonl:1:15: expected the end of the line, found {"process":1}'],
  ['{"process":1,"type":"\\x"}', 'h.jsonl:1:22: expected an escape sequence, found \\x"}'],
  ['{"process":1,"type" "ok"}', 'h.jsonl:1:21: expected ":", found "ok"}'],
  ['{"process":-1,"type":"ok","f":"read"}', 'h.jsonl:1:12: expected a process: an integer of 0 or more, or "nemesis", found -1'],
  ['{"type":"ok","f":"read"}', 'h.jsonl:1:1: expected a process: an integer of 0 or more, or "nemesis", found no "process"'],
  ['{"process":1,"type":"okay","f":"read"}', 'h.jsonl:1:21: expected a type: "invoke", "ok", "fail" or "info", found "okay"'],
  ['{"process":1,"type":"invoke","f":5}', 'h.jsonl:1:34: expected the name of an operation as "f", found 5'],
  ['{"process":1,"type":"invoke","f":"r","key":[1]}', 'h.jsonl:1:44: expected a key: a string or a number, found [1]'],
  ['{"process":1,"type":"invoke","f":"r","time":"now"}', 'h.jsonl:1:45: expected a time: integer nanoseconds, found "now"'],
  ['{"process":1,"type":"invoke","f":"r","index":0.5}', 'h.jsonl:1:46: expected an index: an integer of 0 or more, found 0.5'],
  ['{"process":1,"type":"ok","f":"r"}', 'h.jsonl:1:21: expected an invoke of process 1 first, found "ok"'],
])('rejects %s', (line, message) => {
  expect(complaintAbout(`${line}\n`)).toBe(message);
});

test('rejects a second open operation of a process, and a completion of something else', () => {
  expect(complaintAbout(`${invoke}${invoke}`)).toBe(
    'h.jsonl:2:32: expected a completion of the operation that process 3 began on line 1, found another invoke',
  );
  expect(complaintAbout(`${invoke}${ok.replace('write', 'read')}`)).toBe(
    'h.jsonl:2:50: expected "write", which process 3 invoked on line 1, found "read"',
  );
  expect(complaintAbout(`${invoke}${ok.replace('"x"', '"y"')}`)).toBe('h.jsonl:2:64: expected key "x", as invoked on line 1, found "y"');
});

test('tolerates, with a warning, what changes no verdict', () => {
  const again = '{"process":3,"type":"invoke","f":"read","time":5,"index":9}\n';
  const { history, warnings } = read(`${invoke}${ok.replace('"ok"', '"info"')}${again}`);
  expect(history).toHaveLength(3);
  expect(warnings).toEqual([
    'h.jsonl:3: index 9 is not the position 2; operations are named by their position',
    'h.jsonl:3: time goes back from 20 to 5 ns; the order of the lines counts',
    'h.jsonl:3: process 3 comes back after info; its lost operation is taken to be open for ever',
  ]);
});

test('the scanner finds an error in exactly the texts that JSON.parse refuses', () => {
  const mutated = fc
    .tuple(
      fc.json(),
      fc.nat(),
      fc.constantFrom('', '"', ',', '}', '{', '[', ']', ':', '\\', 'e', '-', '.', '0', 'null', '\u0001', ' '),
      fc.nat(2),
    )
    .map(([text, at, insert, remove]) => text.slice(0, at % (text.length + 1)) + insert + text.slice((at % (text.length + 1)) + remove));
  fc.assert(
    fc.property(mutated, text => {
      const refused = (() => {
        try {
          JSON.parse(text);
          return false;
        } catch {
          return true;
        }
      })();
      const { error } = scanJson(text);
      expect(error !== undefined).toBe(refused);
      if (error) expect(error.offset).toBeLessThanOrEqual(text.length);
    }),
    { numRuns: 3000 },
  );
});

test('nesting of any depth is an answer, not a crash', () => {
  expect(complaintAbout(`${'['.repeat(200_000)}\n`)).toContain('h.jsonl:1:501: expected at most 500 levels');
  const nested = (levels: number): string => invoke.replace('5}', `${'['.repeat(levels)}"[${']'.repeat(levels)}}`.replace('"[', '"["'));
  expect(complaintAbout(nested(100_000))).toContain('at most 500 levels');
  expect(read(nested(499)).history).toHaveLength(1);
});

test('integers that JavaScript rounds stay apart, in keys and values; times may be rounded', () => {
  const { history } = read(
    `${invoke.replace('10', '1764000000000000001').replace('"x"', '-9007199254740993').replace('5}', '[9007199254740993,9007199254740992,"1234567890123456"]}')}`,
  );
  expect(history[0]).toMatchObject({
    time: 1764000000000000000,
    key: '-9007199254740993',
    value: ['9007199254740993', 9007199254740992, '1234567890123456'],
  });
});

test('an event is found again, with its members', () => {
  const { placeOf } = read(`${invoke}\n${ok}`);
  expect(placeOf(1, 'f')).toEqual({ line: 3, column: 50 });
  expect(placeOf(0)).toEqual({ line: 1, column: 1 });
  expect(placeOf(2)).toBeUndefined();
});

test('what is formatted is read again', () => {
  const event = fc.record(
    {
      index: fc.constant(0),
      time: fc.nat(),
      process: fc.constant('nemesis' as const),
      type: fc.constant('info' as const),
      f: fc.string({ minLength: 1 }),
      key: fc.oneof(fc.string(), fc.integer()),
      value: fc.jsonValue(),
      node: fc.string(),
      error: fc.oneof(fc.string(), fc.record({ name: fc.string(), message: fc.string() })),
      due: fc.nat(),
    },
    { requiredKeys: ['index', 'time', 'process', 'type', 'f', 'value'] },
  );
  const holdsRoundedInteger = (text: string): boolean => (text.match(/-?\d[\d.eE+-]*/g) ?? []).some(isRoundedInteger);
  const isRoundedInteger = (token: string): boolean => Number.isInteger(Number(token)) && !Number.isSafeInteger(Number(token));
  fc.assert(
    fc.property(event, generated => {
      // Through JSON first: it knows no minus zero.
      const plain: Event = JSON.parse(JSON.stringify(generated));
      fc.pre(!holdsRoundedInteger(JSON.stringify(plain))); // these come back as text, see above
      expect(read(formatEvent(plain)).history).toEqual([plain]);
    }),
  );
});
