/** Copies of the sources, for tests that break a checker on purpose, in one line at a time, and see whether brute force notices. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { projectRoot } from '../../harness/std/paths.ts';

/** What is broken, the file it is in, what stands there exactly once, and what stands there instead. */
export type Mutation = readonly [what: string, file: string, from: string, to: string];

export interface BrokenCopies {
  /** The folder of a copy of these parts of the project, broken or not. */
  copy(what: string, broken?: { readonly in: string; readonly mutation: Mutation }): string;
}

/** They go when the tests of the file have ended. */
export const brokenCopies = (...parts: readonly string[]): BrokenCopies => {
  const work = mkdtempSync(join(tmpdir(), 'ordeal-broken-'));
  afterAll(() => rmSync(work, { recursive: true, force: true }));
  return {
    copy: (what, broken) => {
      const folder = join(work, what.replace(/\W+/g, '-'));
      for (const part of parts)
        cpSync(join(projectRoot, part), join(folder, part), { recursive: true, filter: file => !file.endsWith('.test.ts') });
      if (broken !== undefined) breakIn(join(folder, broken.in), broken.mutation);
      return folder;
    },
  };
};

const breakIn = (folder: string, [, file, from, to]: Mutation): void => {
  const text = readFileSync(join(folder, file), 'utf8');
  expect(text.split(from).length, `${file} holds once: ${from}`).toBe(2);
  writeFileSync(join(folder, file), text.replace(from, to));
};
