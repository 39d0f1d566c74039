import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Json } from '../std/json.ts';
import { createHistoryBuilder } from './builder.ts';
import type { History } from './event.ts';
import { columnsOf, historyOf } from './event-columns.ts';
import { parseHistory } from './parse-history.ts';
import { isString, ValueTable } from './value-table.ts';

const text = `{"index":0,"time":10,"process":3,"type":"invoke","f":"write","key":"x","value":[5,{"a":null}]}
{"index":1,"time":11,"process":"nemesis","type":"info","f":"kill","value":null,"node":"n1"}
{"index":2,"time":12,"process":4294967296,"type":"invoke","f":"read"}
{"index":3,"time":20,"process":3,"type":"info","f":"write","key":"x","value":[5,{"a":null}],"error":"timeout","due":7}
`;
const small = parseHistory(Buffer.from(text), 'h').history;
const large = historyOf(columnsOf(small)!, 0);

test('a large history reads like the array that a small one is', () => {
  expect(large).not.toBe(small);
  expect(Array.isArray(large)).toBe(true);
  expect(large).toHaveLength(4);
  expect([...large]).toEqual(small);
  expect(large).toEqual(small);
  expect(large[3]).toEqual(small[3]);
  expect(large.at(-1)).toEqual(small[3]);
  expect([large[4], large[-1], (large as never)['01'], (large as never)['1.5']]).toEqual([undefined, undefined, undefined, undefined]);
  expect(JSON.stringify(large)).toBe(JSON.stringify(small));
  expect(Object.keys(large)).toEqual(['0', '1', '2', '3']);
  expect(2 in large && !(4 in large)).toBe(true);
});

test('its methods are those of an array', () => {
  const both = <T>(use: (history: History) => T): void => expect(use(large)).toEqual(use(small));
  both(history => history.map(event => event.f));
  both(history => history.filter(event => event.type === 'invoke'));
  both(history => history.slice(1, 3));
  both(history => history.toSorted((a, b) => b.index - a.index));
  both(history => history.findLast(event => event.process === 'nemesis'));
  both(history => history.flatMap(event => [event.time, event.key]));
  both(history => history.reduce((sum, event) => sum + event.time, 0));
  both(history => [...history.entries()]);
  both(history => history.concat(history));
});

test('nobody changes it', () => {
  expect(() => (large as unknown as unknown[]).push(1)).toThrow(TypeError);
  expect(() => {
    (large as unknown as unknown[])[0] = 1;
  }).toThrow(TypeError);
});

test('columns are known for what a reader made, and for nothing else', () => {
  expect(columnsOf(large)).toBe(columnsOf(small));
  expect(columnsOf([...small])).toBeUndefined();
});

test('whatever JSON there is comes back, however much of it', () => {
  const table = new ValueTable();
  const kept: [number, Json][] = [];
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), value => {
      const plain = JSON.parse(JSON.stringify(value));
      kept.push([table.encode(plain), plain]);
    }),
    { numRuns: 3000 },
  );
  for (const [code, value] of kept) expect(table.decode(code)).toEqual(value);
});

test('equal scalars have equal codes, and different ones different codes', () => {
  const table = new ValueTable();
  const values = Array.from({ length: 20_000 }, (_, i) => [i, `s${i}`, i + 0.5, 2 ** 40 + i, -(2 ** 31) - i]).flat();
  const codes = values.map(value => table.encode(value));
  expect(new Set(codes).size).toBe(values.length);
  expect(values.map(value => table.encode(value))).toEqual(codes);
  expect(values.every((value, i) => isString(codes[i]!) === (typeof value === 'string'))).toBe(true);
  expect(table.ascii(Buffer.from('xs77y'), 1, 4)).toBe(table.encode('s77'));
});

test('a list may be larger than a chunk of the arena', () => {
  const table = new ValueTable();
  const before = table.encode(['before']);
  const long = Array.from({ length: 2_500_000 }, (_, i) => i);
  const code = table.encode(long);
  const after = table.encode([[1], { a: 2 }]);
  expect(table.sizeOf(code)).toBe(long.length);
  expect((table.decode(code) as number[]).every((item, i) => item === i)).toBe(true);
  expect([table.decode(before), table.decode(after)]).toEqual([['before'], [[1], { a: 2 }]]);
});

test('places beyond what a column holds are kept all the same', () => {
  const { columns } = createHistoryBuilder('h');
  columns.length = 2;
  columns.setPlace(0, undefined, 7, 70_000);
  columns.setPlace(0, 'f', 7, 3);
  columns.setPlace(0, 'value', 9, 2);
  expect([columns.placeOf(0), columns.placeOf(0, 'f'), columns.placeOf(0, 'value'), columns.placeOf(2)]).toEqual([
    { line: 7, column: 70_000 },
    { line: 7, column: 3 },
    { line: 9, column: 2 },
    undefined,
  ]);
});
