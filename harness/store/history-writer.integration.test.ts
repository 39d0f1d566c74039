import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EventDraft } from '../history/event.ts';
import type { UserError } from '../std/user-error.ts';
import { openHistoryWriter } from './history-writer.ts';
import { readHistory } from './read-history.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ordeal-writer-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const draft: EventDraft = { time: 1, process: 'nemesis', type: 'info', f: 'log', value: 'ü' };
const unexpected = (error: UserError): void => {
  throw error;
};

test('what was appended is in the file, in order, after close', async () => {
  const path = join(folder, 'a.jsonl');
  const writer = await openHistoryWriter(path, unexpected);
  const events = Array.from({ length: 20_000 }, (_, n) => writer.append({ ...draft, time: n, value: n }));
  await writer.close();
  expect((await readHistory(path)).history).toEqual(events);
});

test('an event is in the file soon after it was appended, without close', async () => {
  const path = join(folder, 'b.jsonl');
  const writer = await openHistoryWriter(path, unexpected);
  writer.append(draft);
  await expect.poll(() => readFile(path, 'utf8'), { timeout: 2000, interval: 20 }).toContain('"ü"');
  await writer.close();
});

test('a full disk is said once, with its cause, and ends nothing', async () => {
  const errors: UserError[] = [];
  const writer = await openHistoryWriter('/dev/full', error => errors.push(error));
  for (let n = 0; n < 10_000; n++) writer.append(draft);
  await writer.flush();
  expect(writer.append(draft).index).toBe(10_000);
  await writer.close();
  expect(errors).toHaveLength(1);
  expect(errors[0]).toMatchObject({ blame: 'environment', code: 'store-full', cause: { code: 'ENOSPC' } });
});

test('a file that cannot be created is an error of the environment', async () => {
  await expect(openHistoryWriter(join(folder, 'missing', 'c.jsonl'), unexpected)).rejects.toMatchObject({
    blame: 'environment',
    code: 'store-write-failed',
  });
});

test('it says when more waits than it should', async () => {
  const writer = await openHistoryWriter(join(folder, 'd.jsonl'), unexpected);
  const large = 'x'.repeat(1 << 20);
  for (let n = 0; n < 20; n++) writer.append({ ...draft, value: large });
  expect(writer.congested()).toBe(true);
  await writer.flush();
  expect(writer.congested()).toBe(false);
  await writer.close();
});
