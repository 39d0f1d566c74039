import { expect, test } from 'vitest';
import { decodeList, decodeObject, float32, type Shape, string } from './decode.ts';

const inner = { kind: 'struct', goType: 'pkg.Inner', struct: 'Inner', fields: { size: { kind: 'int64' } } } as const satisfies Shape;
const outer = {
  kind: 'struct',
  goType: 'pkg.Outer',
  struct: 'Outer',
  fields: { name: string, ratio: float32, inner },
} as const satisfies Shape;
const decode = (text: string) => decodeObject(Buffer.from(text), outer);

test('what is given is there, what is not or null is not', () => {
  expect(decode('{"name":"a","ratio":null,"other":[1]}')).toEqual({ name: 'a' });
  expect(decode('null')).toEqual({});
});

test('names match without case, the exact one or not, and the last one wins', () => {
  expect(decode('{"NAME":"a","Inner":{"SIZE":7}}')).toEqual({ name: 'a', inner: { size: 7 } });
  expect(decode('{"name":"a","Name":"b"}')).toEqual({ name: 'b' });
});

test('floats are 32 bits wide, integers 64', () => {
  expect(decode('{"ratio":0.1}').ratio).toBe(Math.fround(0.1));
  expect(decode('{"inner":{"size":-9223372036854775808}}')).toEqual({ inner: { size: -(2 ** 63) } });
  expect(() => decode('{"inner":{"size":9223372036854775808}}')).toThrow('cannot unmarshal number 9223372036854775808 into');
  expect(() => decode('{"ratio":1e39}')).toThrow('number 1e39 into Go struct field Outer.ratio of type float32');
});

test('a misfit names the innermost struct, the path and the type', () => {
  expect(() => decode('{"inner":{"size":"7"}}')).toThrow(
    'json: cannot unmarshal string into Go struct field Inner.inner.size of type int64',
  );
  expect(() => decode('{"inner":[]}')).toThrow('json: cannot unmarshal array into Go struct field Outer.inner of type pkg.Inner');
  expect(() => decode('3')).toThrow('json: cannot unmarshal number into Go value of type pkg.Outer');
});

test('the first misfit in the document is the one reported', () => {
  expect(() => decode('{"ratio":true,"name":5}')).toThrow('Outer.ratio');
});

test('a list: null is empty, a null item is an empty object', () => {
  expect(decodeList(Buffer.from('null'), outer)).toEqual([]);
  expect(decodeList(Buffer.from('[null,{"name":"a"}]'), outer)).toEqual([{}, { name: 'a' }]);
  expect(() => decodeList(Buffer.from('{}'), outer)).toThrow('json: cannot unmarshal object into Go value of type []pkg.Outer');
});
