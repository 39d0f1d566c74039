import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { UserError } from '../std/user-error.ts';
import { pairOperations } from './operation.ts';
import { parseHistory } from './parse-history.ts';

const read = (text: string) => parseHistory(Buffer.from(text), 'h');

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

/** Process, type, f, key and value of each event. */
const essence = (text: string) => read(text).history.map(({ process, type, f, key, value }) => [process, type, f, key, value]);

const maps = `{:process 0, :type :invoke, :f :cas, :value [1 2], :time 7}
{:process 0, :type :ok, :f :cas, :value [1 2], :time 9}
`;

test('the format shows in the content: maps a line, one vector, one list, records, with comments', () => {
  const expected = [
    [0, 'invoke', 'cas', undefined, [1, 2]],
    [0, 'ok', 'cas', undefined, [1, 2]],
  ];
  for (const text of [
    maps,
    `[${maps}]`,
    `(${maps})`,
    `; a comment\n[\n; another\n${maps}]\n`,
    maps.replaceAll('{', '#jepsen.history.Op{'),
    `[${maps}] #_{:process 1}`,
  ])
    expect(essence(text)).toEqual(expected);
});

test('EDN values become JSON', () => {
  const values = '[nil true -1 2.5M 3N 1/2 1e3 :k :a/b sym "s\\n\\u0041" \\x \\space #{1} (2) {:a {1 2}} #inst "2020" #_gone ##NaN]';
  expect(read(`{:process :nemesis :type :info :f :start :value ${values}}`).history[0]!.value).toEqual([
    ...[null, true, -1, 2.5, 3, 0.5, 1000, 'k', 'a/b', 'sym', 's\nA', 'x', ' ', [1], [2], { a: { 1: 2 } }, '2020', null],
  ]);
});

test('independent keys become keys, also where a completion has lost its tuple', () => {
  const keyed = `{:process 0, :type :invoke, :f :read, :value [7 nil]}
{:process 1, :type :invoke, :f :cas, :value ["a" [1 2]]}
{:process 0, :type :ok, :f :read, :value [7 3]}
{:process 1, :type :info, :f :cas, :value :timed-out}
`;
  expect(essence(keyed)).toEqual([
    [0, 'invoke', 'read', 7, null],
    [1, 'invoke', 'cas', 'a', [1, 2]],
    [0, 'ok', 'read', 7, 3],
    [1, 'info', 'cas', 'a', [1, 2]],
  ]);
  expect(read(keyed).history[3]!.error).toBe('timed-out');
});

test('a transaction and a lone compare-and-set are no tuples of a key and a value', () => {
  const txn = '{:process 0, :type :invoke, :f :txn, :value [[:append 9 2] [:r 9 nil]]}';
  expect(essence(txn)).toEqual([
    [
      ...[0, 'invoke', 'txn', undefined],
      [
        ['append', 9, 2],
        ['r', 9, null],
      ],
    ],
  ]);
  expect(essence(maps)[0]![3]).toBeUndefined();
});

test('a key-value log reads as it stands', () => {
  expect(essence('{:process 9, :type :invoke, :f :append, :key "0", :value "x 9 0 y"}\n')).toEqual([
    [9, 'invoke', 'append', '0', 'x 9 0 y'],
  ]);
});

test('a console log, with tabs or spaces, gives its operations and nothing else', () => {
  for (const gap of ['\t', '   ']) {
    const log = [
      'INFO  jepsen.core - Everything is fine',
      `INFO  jepsen.util - 3${gap}:invoke${gap}:write${gap}4`,
      'INFO  jepsen.util - chatter about something',
      `2015-01-01 12:00:00,000 INFO  jepsen.util - :nemesis${gap}:info${gap}:start${gap}["cut" #{:n1}]`,
      `INFO  jepsen.util - 3${gap}:info${gap}:write${gap}:timed-out`,
      '',
    ].join('\n');
    expect(essence(log)).toEqual([
      [3, 'invoke', 'write', undefined, 4],
      ['nemesis', 'info', 'start', undefined, ['cut', ['n1']]],
      [3, 'info', 'write', undefined, 4],
    ]);
    expect(pairOperations(read(log).history)).toMatchObject([{ type: 'info', completion: { error: 'timed-out' } }]);
  }
});

test('a last line that was cut off is left out with a warning', () => {
  for (const whole of [maps, 'INFO  jepsen.util - 3\t:invoke\t:write\t4\nINFO  jepsen.util - 3\t:ok\t:write\t4\n']) {
    const { history, warnings } = read(whole.slice(0, -4));
    expect(history).toHaveLength(1);
    expect(warnings).toEqual([expect.stringMatching(/^h:2: the last line was cut off/)]);
  }
});

test.each([
  ['hello', 'h:1:1: expected a history: one JSON event per line, Jepsen EDN or a Jepsen console log, found hello'],
  ['\n [{"process":1}]', 'h:2:2: expected a history: one JSON event per line, Jepsen EDN or a Jepsen console log, found [{"process":1}]'],
  ['{:process 0 :type :invoke :f :read', 'cut off'],
  [`[${maps}`, 'h:3:1: expected an event or "]", found the end of the file'],
  [`[${maps}] 5`, 'h:3:3: expected the end of the file, found 5'],
  [`${maps}5\n`, 'h:3:1: expected an event: a map {:process …}, found 5'],
  [maps.replace('}', ''), 'h:2:1: expected a key or "}", found {:process 0, :type :ok, :f :cas, :value …'],
  ['{:process 0 :type}\n', 'h:1:18: expected a value for type, found }'],
  ['{:process 0 :type :invoke :f :read :value [1 2}]}\n', 'h:1:47: expected a value, found }]}'],
  ['{:process 0\n :type :okay :f :read}\n', 'h:2:8: expected a type: "invoke", "ok", "fail" or "info", found "okay"'],
  [`${maps}{:process 0 :type :ok :f :read}\n`, 'h:3:19: expected an invoke of process 0 first, found "ok"'],
  ['{:process 0 :type :invoke :f "a\\qb"}\n', 'h:1:32: expected an escape sequence, found \\qb"}'],
  ['{:process 0 :type :invoke :f : :value 1}\n', 'h:1:31: expected the name of a keyword, found  :value 1}'],
  [`{:process 0 :value ${'['.repeat(10_000)}\n`, 'expected at most 500 levels'],
  ['INFO  jepsen.util - x\t:invoke\t:write\t4\n', 'h:1:21: expected a process: an integer of 0 or more, or "nemesis", found "x"'],
  ['INFO  jepsen.util - 3\t:invok\t:write\t4\n', 'h:1:23: expected a type: "invoke", "ok", "fail" or "info", found "invok"'],
  ['INFO  jepsen.util - 3\t:invoke\t:write\n', 'h:1:37: expected the value of an operation, found the end of the line'],
  ['INFO  jepsen.util - 3\t:invoke\t:write\t[4\n', 'h:1:40: expected a value or "]", found the end of the line'],
])('rejects %s', (text, message) => {
  if (message === 'cut off') expect(read(text).warnings[0]).toContain(message);
  else expect(complaintAbout(text)).toContain(message);
});

test('an empty file is an empty history, and says so', () => {
  expect(read(' \n')).toMatchObject({ history: [], warnings: ['h: the file holds no events'] });
});

test('gzip is unpacked, also what is left of a file that was cut off', () => {
  const lines = Array.from(
    { length: 5000 },
    (_, i) => `{"process":${i},"type":"invoke","f":"write","value":${(i * 7919) % 10_007}}\n`,
  ).join('');
  const packed = gzipSync(lines);
  expect(parseHistory(packed, 'h').history).toHaveLength(5000);
  const { history, warnings } = parseHistory(packed.subarray(0, packed.length / 2), 'h');
  expect(history.length).toBeGreaterThan(500);
  expect(warnings[0]).toBe('h: the gzip file was cut off');
  expect(() => parseHistory(Buffer.from([0x1f, 0x8b, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9]), 'h')).toThrow('damaged');
});

test('whatever is done to a history, it is read or refused with line and column', () => {
  const samples = [
    `${maps}{:process 1, :type :invoke, :f :read, :value ["a" #{nil}], :error [:x "y\\n"]}\n`,
    `[${maps}]`,
    'INFO  jepsen.util - 3\t:invoke\t:write\t[4 :x]\nINFO  jepsen.util - 3\t:ok\t:write\t[4 :x]\n',
    '{"process":3,"type":"invoke","f":"write","value":[1,"\\u0041"]}\n{"process":3,"type":"info","f":"write","error":null}\n',
  ];
  const pieces = [
    '',
    '{',
    '}',
    '[',
    ']',
    '(',
    ')',
    '"',
    '\\',
    '#',
    '#_',
    ':',
    ';',
    '^',
    '\n',
    '\t',
    '\0',
    'nil',
    '1',
    '-',
    '/',
    ',',
    '\u2028',
  ];
  const cut = fc.tuple(fc.constantFrom(...samples), fc.nat(), fc.nat(6), fc.constantFrom(...pieces), fc.nat(), fc.constantFrom(...pieces));
  fc.assert(
    fc.property(cut, ([text, at, remove, insert, at2, insert2]) => {
      const once = splice(text, at % (text.length + 1), remove, insert);
      const twice = splice(once, at2 % (once.length + 1), 0, insert2);
      try {
        read(twice);
      } catch (error) {
        expect(error).toMatchObject({ code: 'malformed-history' });
        const [, line, column] = /^h:(\d+):(\d+): expected .+, found ./su.exec((error as Error).message) ?? [];
        expect(Number(line)).toBeGreaterThan(0);
        expect(Number(line)).toBeLessThanOrEqual(twice.split('\n').length);
        expect(Number(column)).toBeGreaterThan(0);
      }
    }),
    { numRuns: 3000 },
  );
});

const splice = (text: string, at: number, remove: number, insert: string): string => text.slice(0, at) + insert + text.slice(at + remove);
