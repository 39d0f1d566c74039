import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeJson, shortFloat32, sortedByKey } from './encode.ts';

test('HTML characters and line separators are escaped', () => {
  expect(encodeJson({ a: '<&>\u2028é' })).toBe('{"a":"\\u003c\\u0026\\u003e\\u2028é"}');
});

test('keys are sorted by their bytes', () => {
  const sorted = sortedByKey(['b', 'ä', 'a', 'B'].map(key => [key, 0] as const));
  expect(Object.keys(sorted)).toEqual(['B', 'a', 'b', 'ä']);
});

test('a 32-bit float prints as the shortest decimal that is still it', () => {
  expect([0.1, 0.123456789, 1, 5, 1e-7].map(value => shortFloat32(Math.fround(value)))).toEqual([0.1, 0.12345679, 1, 5, 1e-7]);
  fc.assert(
    fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), value => {
      expect(Math.fround(shortFloat32(value)) === value).toBe(true); // 0 is -0 in JSON
    }),
  );
});
