import { expect, test } from 'vitest';
import type { Json } from '../../harness/std/json.ts';
import { allHeldIn, applied, casOf, heldIn, keysOf, type MicroOperation, putIfUnchangedOf, readAllOf, succeeded } from './requests.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

test('a cas from null asks that the key was never created, any other that it holds the value', () => {
  expect(casOf('x', null, 5)).toMatchObject({ compare: [{ key: base64('x'), target: 'CREATE', create_revision: '0' }] });
  expect(casOf('x', 4, 5)).toMatchObject({
    compare: [{ target: 'VALUE', result: 'EQUAL', value: base64('4') }],
    success: [{ request_put: { key: base64('x'), value: base64('5') } }],
  });
});

test('a key that was never written is null at revision 0', () => {
  expect(heldIn({ header: {} })).toEqual({ value: null, revision: '0' });
  expect(heldIn({ kvs: [{ value: base64('[1,2]'), mod_revision: '17' }] })).toEqual({ value: [1, 2], revision: '17' });
});

test('a transaction sees its own appends, and changes only the keys it appends to', () => {
  const operations: MicroOperation[] = [
    ['r', 'a', null],
    ['append', 'a', 3],
    ['r', 'a', null],
    ['r', 'b', null],
    ['append', 'c', 9],
  ];
  const held = new Map([
    ['a', { value: [1], revision: '5' }],
    ['b', { value: null, revision: '0' }],
    ['c', { value: null, revision: '0' }],
  ]);
  const { answer, changed } = applied(operations, held);
  expect(answer).toEqual([
    ['r', 'a', [1]],
    ['append', 'a', 3],
    ['r', 'a', [1, 3]],
    ['r', 'b', []],
    ['append', 'c', 9],
  ]);
  expect([...changed]).toEqual([
    ['a', [1, 3]],
    ['c', [9]],
  ]);
  expect(keysOf(operations)).toEqual(['a', 'b', 'c']);
});

test('it commits only if no key that it looked at has changed, those it only read too', () => {
  const held = new Map([
    ['a', { value: [1], revision: '5' }],
    ['b', { value: null, revision: '0' }],
  ]);
  expect(putIfUnchangedOf(held, new Map([['a', [1, 2]]]))).toEqual({
    compare: [
      { key: base64('a'), target: 'MOD', result: 'EQUAL', mod_revision: '5' },
      { key: base64('b'), target: 'MOD', result: 'EQUAL', mod_revision: '0' },
    ],
    success: [{ request_put: { key: base64('a'), value: base64('[1,2]') } }],
  });
});

test('answers belong to the keys in their order; one too few is no answer', () => {
  const answer = {
    responses: [{ response_range: { kvs: [{ value: base64('[7]'), mod_revision: '3' }] } }, { response_range: {} }],
  } as unknown as Json;
  expect(allHeldIn(answer, ['a', 'b']).get('a')).toEqual({ value: [7], revision: '3' });
  expect(() => allHeldIn(answer, ['a', 'b', 'c'])).toThrow('2 answers to 3 steps');
});

test('reads are serializable only where that was asked for', () => {
  expect(JSON.stringify(readAllOf(['a'], true))).toContain('"serializable":true');
  expect(JSON.stringify(readAllOf(['a'], false))).toContain('"serializable":false');
});

test('no word of success is a failure', () => {
  expect([{ succeeded: true }, {}, { succeeded: false }].map(answer => succeeded(answer as Json))).toEqual([true, false, false]);
});
