import { expect, test } from 'vitest';
import { completionOf, parseAnswer } from './messages.ts';

const errors = { refused: { name: 'refused', definite: true }, timeout: { name: 'timeout', definite: false } };
const said = (line: object, readOnly = false) => completionOf(parseAnswer(JSON.stringify(line)) as never, { errors, readOnly });

test('an ok carries its value, null too', () => {
  expect(said({ type: 'ok', id: 1, value: null })).toEqual({ type: 'ok', value: null });
});

test('a fail stays one only where the errors of the system call its code definite', () => {
  expect(said({ type: 'fail', id: 1, error: { code: 'refused', message: 'no' } })).toEqual({
    type: 'fail',
    error: { name: 'refused', message: 'no' },
  });
  expect(said({ type: 'fail', id: 1, error: { code: 'timeout' } })).toMatchObject({ type: 'info', error: { name: 'timeout' } });
});

test('a code that the system does not know is info, and says so', () => {
  expect(said({ type: 'fail', id: 1, error: 'oops' })).toEqual({
    type: 'info',
    error: { name: 'unknown', message: "oops (the system's errors have no oops: nobody knows)" },
  });
});

test('an operation that changes nothing may fail for any reason', () => {
  expect(said({ type: 'fail', id: 1, error: 'oops' }, true)).toMatchObject({ type: 'fail' });
});

test('a program that does not know is believed, whatever its code', () => {
  expect(said({ type: 'info', id: 1, error: 'refused' })).toMatchObject({ type: 'info', error: { name: 'refused' } });
});

test('a program with one connection need not name it', () => {
  expect(parseAnswer('{"type":"ready"}')).toEqual({ type: 'ready', connection: 1 });
});

test.each([
  ['hello', /not JSON: hello/],
  ['[1]', /no JSON object/],
  ['{"type":"done","id":1}', /none of ready, refused, ok, fail, info/],
  ['{"type":"ok","id":1}', /an ok without a value/],
  ['{"type":"ok","value":1}', /without the id/],
  ['{"type":"fail","id":"1"}', /without the id/],
])('refuses %s', (line, message) => {
  expect(() => parseAnswer(line)).toThrow(message);
});
