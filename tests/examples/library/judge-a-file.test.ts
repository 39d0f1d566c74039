import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatHistory, lanes } from 'ordeal/checkers';
import { afterAll, expect, test } from 'vitest';
import { judge } from './judge-a-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'ordeal-judge-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a file is judged, and a violation is told with what still holds', async () => {
  const history = lanes`
    p0  |write 1| |write 2|
    p1                       |read 1|
  `;
  const path = join(folder, 'history.jsonl');
  writeFileSync(path, formatHistory(history));
  expect(await judge(path)).toMatch(/^linearizable: violated\n[\s\S]*\nIt is still: sequential/);
  writeFileSync(path, formatHistory(history.slice(0, 4)));
  expect(await judge(path)).toBe('linearizable: all 2 operations agree with it');
});
