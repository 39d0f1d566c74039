import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Entry, Snapshot } from '../core/types.ts';
import { openStore } from './store.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'raft-store-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const entry = (index: number, term: number): Entry => ({ index, term, at: index * 10, command: { kind: 'noop' } });
const snapshot = (index: number, term: number): Snapshot => ({
  index,
  term,
  at: index * 10,
  members: { n1: null },
  data: [['x', 1]],
  sessions: [],
});
const none = new Set<never>();

async function reopened(bugs: ReadonlySet<'vote-not-persisted'> = none) {
  const store = await openStore(folder, bugs);
  await store.close();
  return store.persisted;
}

test('term, vote, entries and cuts come back in the order in which they were written', async () => {
  const store = await openStore(folder, none);
  await store.write([
    { kind: 'hard', term: 2, vote: 'n1' },
    { kind: 'entries', entries: [entry(1, 1), entry(2, 1), entry(3, 1)] },
  ]);
  await store.write([
    { kind: 'cut', from: 2 },
    { kind: 'entries', entries: [entry(2, 2)] },
    { kind: 'hard', term: 3, vote: null },
  ]);
  await store.close();
  expect(await reopened()).toMatchObject({ term: 3, vote: null, snapshot: null, entries: [entry(1, 1), entry(2, 2)] });
});

test('a snapshot takes the place of the log before it; term and vote stay', async () => {
  const store = await openStore(folder, none);
  await store.write([
    { kind: 'hard', term: 2, vote: 'n1' },
    { kind: 'entries', entries: [entry(1, 1), entry(2, 2)] },
    { kind: 'snapshot', snapshot: snapshot(2, 2), base: { index: 1, term: 1 }, tail: [entry(2, 2)] },
    { kind: 'entries', entries: [entry(3, 2)] },
  ]);
  await store.close();
  const persisted = await reopened();
  expect(persisted).toMatchObject({ term: 2, vote: 'n1', base: { index: 1, term: 1 }, entries: [entry(2, 2), entry(3, 2)] });
  expect(persisted.snapshot).toEqual(snapshot(2, 2));
});

test('with the bug vote-not-persisted a node begins again at term 0, its entries intact', async () => {
  const bugs = new Set(['vote-not-persisted'] as const);
  const store = await openStore(folder, bugs);
  await store.write([
    { kind: 'hard', term: 7, vote: 'n2' },
    { kind: 'entries', entries: [entry(1, 7)] },
  ]);
  await store.close();
  expect(await reopened(bugs)).toMatchObject({ term: 0, vote: null, entries: [entry(1, 7)] });
});
