/** What the front door promises: it retries under one key, and calls a failure final only when nothing can come of it any more. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { skewableClock } from '../clock.ts';
import type { Result } from '../core/types.ts';
import { type ForwardMessage, type FrontDoorOptions, frontDoor, type Submission } from './front-door.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

interface World {
  leader: string | null;
  leads: boolean;
  reachable: boolean;
  forwarded: ForwardMessage[];
  submitted: { request: string; submission: Submission }[];
}

function door(options: Partial<FrontDoorOptions> = {}) {
  const world: World = { leader: null, leads: false, reachable: true, forwarded: [], submitted: [] };
  const front = frontDoor({
    id: 'n1',
    boot: 'b',
    clock: skewableClock({}, { monotonic: () => performance.now(), wall: () => Date.now() }),
    forward: true,
    requestTimeoutMs: 1000,
    forwardRetryMs: 300,
    mayServe: () => world.leads,
    leader: () => world.leader,
    term: () => 7,
    replicatedTime: () => 0,
    submit: (request, submission) => world.submitted.push({ request, submission }),
    send(_to, value) {
      if (world.reachable) world.forwarded.push(value as ForwardMessage);
      return world.reachable;
    },
    ...options,
  });
  const answers: unknown[] = [];
  const ask = (request: object) => front.onRequest({ id: 1, key: 'x', ...request }, answer => answers.push(answer));
  return { world, front, answers, ask };
}

const write = { op: 'write', value: 5 };
const ok: Result = { ok: true, value: null };
const notLeader: Result = { ok: false, code: 'not-leader', definite: true, message: '' };
const lost: Result = { ok: false, code: 'leadership-lost', definite: false, message: '' };

test('the leader submits to its own core and answers with the result', () => {
  const { world, front, answers, ask } = door();
  world.leads = true;
  ask(write);
  front.onResult(world.submitted[0]!.request, ok);
  expect(answers).toEqual([{ id: 1, ok: true, value: null }]);
});

test('every attempt carries the same session and number', () => {
  const { world, front, ask } = door();
  world.leader = 'n2';
  ask(write);
  vi.advanceTimersByTime(310);
  world.leader = 'n3';
  front.onLeaderChange();
  const keys = world.forwarded.map(({ submission }) => 'command' in submission && 'seq' in submission.command && submission.command.seq);
  expect(keys).toEqual([1, 1, 1]);
  expect(new Set(world.forwarded.map(({ id }) => id)).size).toBe(3);
});

test('a request that no leader was found for fails for good', () => {
  const { answers, ask } = door();
  ask(write);
  vi.advanceTimersByTime(1000);
  expect(answers).toMatchObject([{ ok: false, error: { code: 'no-leader', definite: true } }]);
});

test('a write that was forwarded without an answer may still take effect; a read cannot', () => {
  const { world, answers, ask } = door();
  world.leader = 'n2';
  ask(write);
  ask({ op: 'read' });
  vi.advanceTimersByTime(1000);
  expect(answers).toMatchObject([{ error: { code: 'timeout', definite: false } }, { error: { code: 'timeout', definite: true } }]);
});

test('a leader that refuses before it proposes leaves nothing in doubt; one that loses its office does', () => {
  const { world, front, answers, ask } = door();
  world.leader = 'n2';
  ask(write);
  front.onForwardReply({ type: 'forward-reply', from: 'n2', id: world.forwarded[0]!.id, result: notLeader });
  world.leader = null;
  vi.advanceTimersByTime(1000);
  world.leader = 'n2';
  ask(write);
  front.onForwardReply({ type: 'forward-reply', from: 'n2', id: world.forwarded[1]!.id, result: lost });
  world.leader = null;
  vi.advanceTimersByTime(1000);
  expect(answers).toMatchObject([{ error: { code: 'no-leader', definite: true } }, { error: { code: 'timeout', definite: false } }]);
});

test('without forwarding a follower refuses and names the leader', () => {
  const { world, answers, ask } = door({ forward: false });
  world.leader = 'n3';
  ask(write);
  expect(answers).toMatchObject([{ error: { code: 'not-leader', definite: true, leader: 'n3' } }]);
});

test('a forwarded request is refused by a node that does not lead, and submitted by one that does', () => {
  const { world, front } = door();
  const forward: ForwardMessage = { type: 'forward', from: 'n2', id: 'a', submission: { read: 'x' } };
  front.onForward(forward);
  expect(world.forwarded).toMatchObject([{ type: 'forward-reply', id: 'a', result: { code: 'not-leader' } }]);
  world.leads = true;
  front.onForward(forward);
  front.onResult(world.submitted[0]!.request, { ok: true, value: 7 });
  expect(world.forwarded[1]).toMatchObject({ type: 'forward-reply', id: 'a', result: { ok: true, value: 7 } });
});

test('more than 256 open requests are refused, and nothing of theirs was sent', () => {
  const { answers, ask } = door();
  for (let count = 0; count < 257; count++) ask(write);
  expect(answers).toMatchObject([{ error: { code: 'overloaded', definite: true } }]);
});

test.each([
  [{ op: 'write' }, '"value" is missing'],
  [{ op: 'cas', value: 3 }, 'the "value" of a cas is [expected, new]'],
  [{ op: 'drop', value: 3 }, '"op" must be read, write or cas'],
  [{ op: 'read', key: '' }, '"key" must be a string that is not empty'],
  [{ ...write, session: 's' }, '"session" must be a string and "seq" a whole number above 0, both or neither'],
])('a malformed request is refused: %j', (request, message) => {
  const { answers, ask } = door();
  ask(request);
  expect(answers).toMatchObject([{ id: 1, ok: false, error: { code: 'bad-request', definite: true, message } }]);
});
