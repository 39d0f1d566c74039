import { expect, test } from 'vitest';
import { labelOperation, visible } from './operation-label.ts';

const label = (f: string, key: string | undefined, value: string, result?: string, limit?: number) =>
  labelOperation({ f, key, value, result }, limit);

test('operations are written as a person would', () => {
  expect(label('write', 'x', '5', '5')).toBe('write x=5');
  expect(label('read', 'x', 'null', '3')).toBe('read x=3');
  expect(label('read', 'x', 'null')).toBe('read x=?');
  expect(label('cas', 'x', '[1,2]', '[1,2]')).toBe('cas x=1→2');
  expect(label('add', undefined, '7')).toBe('add 7');
  expect(label('txn', undefined, '[["r",1,null]]', '[["r",1,4]]')).toBe('txn [["r",1,4]]');
});

test('a long one is cut', () => {
  expect(label('write', 'x', '"0123456789"', undefined, 12)).toBe('write x="01…');
});

test('what cannot be seen is made visible', () => {
  expect(visible('a\u0000b\u202ec')).toBe('a\\u0000b\\u202ec');
  expect(visible('plain ü 漢')).toBe('plain ü 漢');
});
