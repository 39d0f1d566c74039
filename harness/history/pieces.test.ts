/** Readers get bytes piece by piece: where the pieces end must not matter, and neither must who parses. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Json } from '../std/json.ts';
import { EdnParser } from './edn-parser.ts';
import { createHistoryReader, parseHistory } from './parse-history.ts';

/** As the store does it: what is left comes again in front of the next piece. */
const readInPieces = (bytes: Buffer, sizes: readonly number[]) => {
  const reader = createHistoryReader('h');
  let window = Buffer.alloc(0);
  let at = 0;
  for (let piece = 0; at < bytes.length; piece++) {
    const size = sizes[piece % sizes.length]!;
    window = Buffer.concat([window, bytes.subarray(at, at + size)]);
    at += size;
    window = window.subarray(reader.read(window, 0, window.length, false));
  }
  reader.read(window, 0, window.length, true);
  return reader.finish();
};

const outcome = (read: () => ReturnType<typeof parseHistory>) => {
  try {
    const { history, warnings, placeOf } = read();
    return { history, warnings, places: history.map((_, i) => [placeOf(i), placeOf(i, 'f'), placeOf(i, 'value')]) };
  } catch (error) {
    return { error: (error as Error).message };
  }
};

/** The first event is longer than the head that tells the format, so that what follows comes in pieces. */
const long = '.'.repeat(70_000);
const firstJson = `{"process":"nemesis","type":"info","f":"x","value":"${long}"}\n`;
const firstMap = `{:process :nemesis, :type :info, :f :x, :value "${long}"}\n`;
const firstLine = `:nemesis\t:info\t:x\t"${long}"\n`;

const samples: readonly string[] = [
  `${firstJson}{"process":3,"type":"invoke","f":"wr\\u00fcte","value":[1,"ü😀"]}\n\n {"value":7,"process":3,"type":"info","f":"wrüte","error":null}\n{"process":4`,
  `${firstMap}{:process 0, :type :invoke, :f :cas, :value [1 "a;b"]} ; a comment\n#_ {:a 1}\n{:process 0,\n :type :ok :f :cas\n :value [1 "ü\\n"], :error [:x "y"]}\n{:process 1 :type`,
  `[${firstMap}#jepsen.history.Op{:process 0, :type :invoke, :f :read, :value [7 nil]} {:process 0 :time 1764000000000000001 :type :ok\n:f :read :value [7 #{1 2.5 3N}]}] ; the end`,
  `(${firstMap}{:process 0 :type :invoke :f :read} {:process 0 :type :oops :f :read})\n`,
  `(${firstMap}{:process 0 :type :invoke :f :read}) #_ {:process 1} 5\n`,
  `; comment\nINFO chatter\nINFO jepsen.util - ${firstLine}INFO  jepsen.util - 3\t:invoke\t:write\t4\nINFO  jepsen.util - 3   :info   :write   :timed-out\n2015 INFO jepsen.util - chatter\nINFO  jepsen.util - :nemesis\t:info\t:start\t["ü" #{:n1}]\nINFO  jepsen.util - 4\t:invoke\t:re`,
  `INFO jepsen.util - ${firstLine}INFO  jepsen.util - x\t:invoke\t:write\t4\n`,
  `${firstLine}7\t:invoke\t:write\t7\n7\t:ok\t:write\t7\t:because\n\n:nemesis :info :stop nil\n`,
];

test.each(samples.map((text, i) => [i, text] as const))('sample %i reads the same in pieces', (_, text) => {
  const bytes = Buffer.from(text);
  const whole = outcome(() => parseHistory(bytes, 'h'));
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 3, maxLength: 12 }), sizes => {
      expect(outcome(() => readInPieces(bytes, [69_990, ...Array(40).fill(sizes).flat()]))).toEqual(whole);
    }),
    { numRuns: 40 },
  );
  for (let cut = 1; cut <= 120; cut++) expect([cut, outcome(() => readInPieces(bytes, [bytes.length - cut, cut]))]).toEqual([cut, whole]);
});

const atom = fc.oneof(
  fc.integer().map(String),
  fc.constantFrom(
    'nil',
    'true',
    ':a/b',
    ':ü',
    'sym',
    '"s\\n\\u0041"',
    '"ü"',
    '""',
    '2.5M',
    '3N',
    '1/2',
    '1e3',
    '\\x',
    '\\space',
    '##NaN',
    '-',
    '+7',
    '007',
  ),
  fc.constantFrom('#inst "2020"', '^:m [1]', '[#_1 2]', '"a\nb"', '[1 ; note\n 2]', '9007199254740993', '#{}', '()', '{}', '[,,]'),
);
const edn = fc.letrec<{ value: string }>(tie => ({
  value: fc.oneof(
    { depthSize: 'small' },
    atom,
    fc.array(tie('value'), { maxLength: 4 }).map(items => `[${items.join(' ')}]`),
    fc.array(tie('value'), { maxLength: 3 }).map(items => `(${items.join(',')})`),
    fc
      .array(fc.tuple(fc.constantFrom(':k', '"t"', '1', 'nil', '[1]', '-5'), tie('value')), { maxLength: 3 })
      .map(pairs => `{${pairs.map(([k, v]) => `${k} ${v}`).join(', ')}}`),
  ),
})).value;

test('bytes and text give the same values', () => {
  fc.assert(
    fc.property(edn, value => {
      const text = `{:process 0, :type :invoke, :f :op, :key "k", :value ${value}, :extra ${value}}\n`;
      const wanted = new EdnParser(value).value();
      const [event] = parseHistory(Buffer.from(text), 'h').history;
      expect([event!.value, event!.extra]).toEqual([wanted, wanted] as Json[]);
    }),
    { numRuns: 3000 },
  );
});

test.each([
  [
    'jsonl',
    '{"process":1,"type":"invoke","f":"a"}\n{"process":2,"type":"invoke","f":"\xff"}\n',
    'h:2:35: expected text in UTF-8, found byte 0xff',
  ],
  [
    'edn',
    '{:process 1 :type :invoke :f :a}\n{:process 2\n :f "\xe2\x28" :type :invoke}\n',
    'h:3:6: expected text in UTF-8, found byte 0xe2',
  ],
  ['log', 'INFO jepsen.util - 1\t:invoke\t:a\t"\xc0"\n', 'h:1:34: expected text in UTF-8, found byte 0xc0'],
])('bytes that are not UTF-8 are refused where they stand: %s', (_, text, message) => {
  expect(outcome(() => parseHistory(Buffer.from(text, 'latin1'), 'h'))).toEqual({ error: message });
});
