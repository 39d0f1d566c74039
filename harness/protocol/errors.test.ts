import { expect, test } from 'vitest';
import { type ErrorTable, failed } from './errors.ts';

const table: ErrorTable = {
  refused: { name: 'refused', definite: true },
  'refused late': { name: 'late', definite: false },
  timeout: { name: 'timeout', definite: false },
};
const change = { readOnly: false };

test('a definite error fails, an indefinite one is info, and either fails a read', () => {
  expect(failed(table, 'refused', change)).toEqual({ type: 'fail', error: { name: 'refused', message: 'refused' } });
  expect(failed(table, 'timeout', change)).toMatchObject({ type: 'info', error: { name: 'timeout' } });
  expect(failed(table, 'timeout', { readOnly: true }).type).toBe('fail');
});

test('what no entry begins is info, even where JavaScript knows the name', () => {
  for (const said of ['no such thing', '', 'constructor', 'toString'])
    expect(failed(table, said, change)).toMatchObject({ type: 'info', error: { name: 'unknown' } });
});

test('of several entries that begin a message the longest counts, whatever their order', () => {
  expect(failed(table, 'refused: too many', change).type).toBe('fail');
  expect(failed(table, 'refused late: already proposed', change)).toMatchObject({ type: 'info', error: { name: 'late' } });
});
