/** Files as they come: whole, packed, packed twice, cut off, damaged, or something else altogether. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { UserError } from '../std/user-error.ts';
import { readHistory } from './read-history.ts';

const folder = mkdtempSync(join(tmpdir(), 'ordeal-read-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const path = join(folder, 'h');
const read = async (bytes: Buffer | string) => {
  writeFileSync(path, bytes);
  return readHistory(path);
};
const complaintAbout = async (bytes: Buffer | string): Promise<UserError> => {
  const error = await read(bytes).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(UserError);
  expect(error).toMatchObject({ blame: 'data' });
  return error as UserError;
};

const lines = (count: number): string =>
  Array.from({ length: count }, (_, i) => `{"process":${i},"type":"invoke","f":"write","value":${(i * 7919) % 10_007},"note":"ü"}\n`).join(
    '',
  );
/** More than one chunk. */
const many = 40_000;

test('a file of several chunks reads as one', async () => {
  const { history, warnings, placeOf } = await read(lines(many));
  expect(history).toHaveLength(many);
  expect(history.map(event => event.process)).toEqual(Array.from({ length: many }, (_, i) => i));
  expect(history[many - 1]).toMatchObject({ note: 'ü', time: many });
  expect(placeOf(many - 1, 'value')).toEqual({ line: many, column: 54 });
  expect(warnings).toEqual([]);
});

test('gzip: of two members, and within gzip', async () => {
  const halves = [gzipSync(lines(many)), gzipSync('{"process":0,"type":"ok","f":"write","value":0}\n')];
  expect((await read(Buffer.concat(halves))).history).toHaveLength(many + 1);
  expect((await read(gzipSync(gzipSync(lines(many))))).history).toHaveLength(many);
});

test('gzip that was cut off gives what is left of it, and says so', async () => {
  const packed = gzipSync(lines(many));
  const { history, warnings } = await read(packed.subarray(0, Math.floor(packed.length * 0.9)));
  expect(history.length).toBeGreaterThan(many / 2);
  expect(history.length).toBeLessThan(many);
  expect(warnings[0]).toBe(`${path}: the gzip file was cut off`);
  const { warnings: few } = await read(packed.subarray(0, 12));
  expect(few[0]).toBe(`${path}: the gzip file was cut off`);
});

test('damaged gzip is refused', async () => {
  const packed = gzipSync(lines(many));
  const middle = packed.length >> 1;
  packed.fill(0xff, middle, middle + 200);
  expect((await complaintAbout(packed)).message).toMatch(/^.*h:\d+:\d+: expected .+, found ./);
  expect((await complaintAbout(Buffer.from([0x1f, 0x8b, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9]))).message).toContain('damaged');
});

test('a folder and a missing file are no histories', async () => {
  await expect(readHistory(folder)).rejects.toThrow('it is a folder');
  await expect(readHistory(join(folder, 'missing'))).rejects.toThrow('there is no such file');
});

test.each([
  ['NUL bytes', Buffer.alloc(100_000), 'h:1:1: expected a history'],
  ['UTF-16', Buffer.from('\ufeff{"process":0}', 'utf16le'), 'h:1:1: expected a history'],
  [
    'a NUL within a line',
    '{"process":0,"type":"invoke","f":"a\0"}\n',
    'h:1:36: expected an escape instead of a control character, found \\u0000"}',
  ],
  [
    'bytes that are not UTF-8',
    Buffer.from(`${lines(many).replaceAll('ü', 'u')}{"process":1,"f":"\xff"}\n`, 'latin1'),
    `h:${many + 1}:19: expected text in UTF-8, found byte 0xff`,
  ],
  [
    'a long line of rubbish',
    `{"process":0,"type":"invoke","f":"w","value":[${'1,'.repeat(2_000_000)}x]}\n`,
    'h:1:4000047: expected a value, found x]}',
  ],
])('%s: one message with line and column', async (_, bytes, message) => {
  expect((await complaintAbout(bytes)).message).toContain(message);
});

test('a byte order mark and Windows line ends are fine', async () => {
  const { history, warnings } = await read(`\ufeff${lines(3).replaceAll('\n', '\r\n')}`);
  expect([history.length, warnings]).toEqual([3, []]);
});

test('a line of many megabytes is read', async () => {
  const { history } = await read(
    `{"process":0,"type":"invoke","f":"w","value":[${'1,'.repeat(3_000_000)}1]}\n${lines(2).slice(lines(1).length)}`,
  );
  expect([history.length, (history[0]!.value as number[]).length]).toEqual([2, 3_000_001]);
});

test('any bytes at all are read or refused, never a crash', async () => {
  const begun = fc.constantFrom(
    '',
    '{"process":0,"type":"invoke","f":"w"}\n',
    '{:process 0, :type :invoke, :f :w}\n',
    '[{:process 0}',
    'INFO jepsen.util - 1\t:invoke\t:w\t1\n',
  );
  const garbage = fc.tuple(begun, fc.uint8Array({ maxLength: 300 }), fc.boolean()).map(([text, bytes, packed]) => {
    const all = Buffer.concat([Buffer.from(text), bytes]);
    return packed ? gzipSync(all) : all;
  });
  let [taken, refused] = [0, 0];
  await fc.assert(
    fc.asyncProperty(garbage, async bytes => {
      try {
        const { history, warnings } = await read(bytes);
        taken++;
        // What is not read is mentioned.
        expect(history.length > 0 || warnings.length > 0).toBe(true);
      } catch (error) {
        refused++;
        expect(error).toBeInstanceOf(UserError);
        expect((error as Error).message).toMatch(/h:\d+:\d+: expected .+, found ./su);
      }
    }),
    { numRuns: 400 },
  );
  expect(Math.min(taken, refused)).toBeGreaterThan(10);
});
