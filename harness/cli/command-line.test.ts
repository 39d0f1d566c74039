import { expect, test } from 'vitest';
import { repeatCommand } from './command-line.ts';
import { registriesWith } from './registries.ts';
import { settle } from './settings.ts';

const registries = registriesWith({});

test('the command that repeats a run spells out what shaped it', async () => {
  const plan = await settle(
    { seed: 7, bug: ['stale-read'], nemesis: ['partition'], timeLimit: '30s', set: { keys: 3, 'partition.variant': 'halves' } },
    registries,
  );
  const command = repeatCommand(plan);
  for (const part of [
    '--system raft',
    '--bug stale-read',
    '--nemesis partition',
    '--seed 7',
    '--time-limit 30000ms',
    '--set keys=3',
    '--set partition.variant=halves',
  ])
    expect(command).toContain(part);
});

test('what a shell would read otherwise is quoted', async () => {
  expect(repeatCommand(await settle({ seed: 1, store: "it's here" }, registries))).toContain(`--store 'it'\\''s here'`);
});

test('a config file that was named is named again', async () => {
  expect(repeatCommand(await settle({ seed: 7 }, registriesWith({})), 'mine.ts')).toContain(' --config mine.ts ');
  expect(repeatCommand(await settle({ seed: 7 }, registriesWith({})))).not.toContain('--config');
});
