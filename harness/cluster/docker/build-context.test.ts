import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { contextDigest, ignoredBy, readContext } from './build-context.ts';
import { startsFrom } from './images.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ordeal-context-'));
  mkdirSync(join(folder, 'src'));
  for (const name of ['Dockerfile', 'src/a.c', 'src/b.c']) writeFileSync(join(folder, name), name);
});
afterEach(() => rmSync(folder, { recursive: true }));

const digest = (...more: string[]): string => contextDigest(readContext(folder), ...more);

test('the digest tells contents, names, executable bits and arguments apart, and nothing else', () => {
  const before = digest();
  writeFileSync(join(folder, 'src/a.c'), 'src/a.c');
  expect(digest()).toBe(before);
  chmodSync(join(folder, 'src/a.c'), 0o755);
  const program = digest();
  writeFileSync(join(folder, 'src/a.c'), 'other');
  expect(new Set([before, program, digest(), digest('x'), digest('y')]).size).toBe(5);
});

test('a file from elsewhere takes the place of the one in the folder', () => {
  const elsewhere = join(folder, 'src/b.c');
  const context = readContext(folder, new Map([['src/a.c', elsewhere]]));
  expect(context.entries).toEqual(['Dockerfile', 'src/b.c']);
  expect(contextDigest(context)).not.toBe(digest());
});

test('what .dockerignore names is not sent, but the Dockerfile always is', () => {
  writeFileSync(join(folder, '.dockerignore'), '*\n!src/b.c\n');
  expect(readContext(folder).entries).toEqual(['Dockerfile', 'src/b.c']);
});

test.each([
  ['node_modules', 'node_modules/a/b.js', true],
  ['node_modules', 'sub/node_modules/a.js', false],
  ['**/*.log', 'a/b/c.log', true],
  ['**/*.log', 'c.log', true],
  ['*.log', 'a/c.log', false],
  ['a?c', 'abc', true],
  ['# a\n/dist/', 'dist/x', true],
  ['a+b', 'aab', false],
])('the pattern %j and the path %s', (pattern, name, expected) => {
  expect(ignoredBy(pattern)(name)).toBe(expected);
});

test('a Dockerfile starts from images of others, not from its own stages', () => {
  const text =
    'FROM --platform=linux/amd64 golang:1.26 AS build\nRUN true\nfrom scratch as empty\nFROM build\nFROM debian:bookworm-slim\nFROM $X';
  expect(startsFrom(text)).toEqual(['golang:1.26', 'debian:bookworm-slim']);
});
