import { expect, test } from 'vitest';
import { apply, DEDUPLICATION_WINDOW_MS, type Machine, newMachine, RESULTS_PER_SESSION, read, restore, sessionImages } from './machine.ts';
import type { Command, Json } from './types.ts';

const write = (value: Json, seq: number, session = 's', issued = 0): Command => ({ kind: 'write', key: 'x', value, session, seq, issued });
const cas = (expected: Json, value: Json, seq: number): Command => ({
  kind: 'cas',
  key: 'x',
  expected,
  value,
  session: 's',
  seq,
  issued: 0,
});
const at = (machine: Machine, time: number, command: Command, dedup = true) =>
  apply(machine, { index: 1, term: 1, at: time, command }, { dedup });

test('a register that was never written is null, and only then a cas from null succeeds', () => {
  const machine = newMachine();
  expect(read(machine, 'x')).toBe(null);
  expect(at(machine, 0, cas(null, 1, 1)).ok).toBe(true);
  expect(at(machine, 0, cas(null, 2, 2))).toMatchObject({ ok: false, code: 'cas-mismatch', definite: true });
  expect(read(machine, 'x')).toBe(1);
});

test('values are compared by what they are', () => {
  const machine = newMachine();
  at(machine, 0, write({ a: [1] }, 1));
  expect(at(machine, 0, cas({ a: [1] }, 2, 2)).ok).toBe(true);
});

test('a repeated request is answered as the first time and changes nothing', () => {
  const machine = newMachine();
  at(machine, 0, write(1, 1));
  expect(at(machine, 0, cas(1, 2, 2)).ok).toBe(true);
  at(machine, 0, write(3, 3));
  expect(at(machine, 0, cas(1, 2, 2)).ok).toBe(true);
  expect(at(machine, 0, write(1, 1)).ok).toBe(true);
  expect(read(machine, 'x')).toBe(3);
});

test('without deduplication the repeated request takes effect again', () => {
  const machine = newMachine();
  at(machine, 0, write(1, 1), false);
  at(machine, 0, write(2, 2), false);
  at(machine, 0, write(1, 1), false);
  expect(read(machine, 'x')).toBe(1);
});

test('a session is remembered for 300 s of replicated time after its last use, and an older request is refused', () => {
  const machine = newMachine();
  at(machine, 1000, write(1, 1));
  at(machine, 1000 + DEDUPLICATION_WINDOW_MS, write(2, 1, 'other', DEDUPLICATION_WINDOW_MS));
  expect(at(machine, 1000 + DEDUPLICATION_WINDOW_MS, write(1, 1)).ok).toBe(true);
  expect(read(machine, 'x')).toBe(2);
  const late = 1001 + 2 * DEDUPLICATION_WINDOW_MS;
  expect(at(machine, late, write(1, 1, 's', 1000))).toMatchObject({ ok: false, code: 'session-expired', definite: false });
  expect(machine.sessions.size).toBe(0);
  expect(at(machine, late, write(5, 2, 's', late)).ok).toBe(true);
});

test('a request that fell out of the memory of its session is refused, not applied again', () => {
  const machine = newMachine();
  for (let seq = 1; seq <= RESULTS_PER_SESSION + 5; seq++) at(machine, 0, write(seq, seq));
  expect(at(machine, 0, write(1, 1))).toMatchObject({ ok: false, code: 'session-expired' });
  expect(read(machine, 'x')).toBe(RESULTS_PER_SESSION + 5);
  expect(machine.sessions.get('s')!.results.size).toBe(RESULTS_PER_SESSION);
});

test('a restored machine recognises what the original knew', () => {
  const machine = newMachine();
  at(machine, 5, write(1, 1));
  at(machine, 6, write(2, 2));
  const copy = restore({ at: machine.at, data: [...machine.data], sessions: JSON.parse(JSON.stringify(sessionImages(machine))) });
  at(copy, 7, write(1, 1));
  expect(read(copy, 'x')).toBe(2);
});
