/**
 * Takes clients' requests and sees each through: to the local core if this node leads, else forwarded to the leader, and again to the next one
 * when the leader changes, does not answer or loses its office. Every attempt carries the same session and number, so that the state
 * machine applies it once (the bug no-dedup shows what happens otherwise). Ends by the deadline at the latest.
 */
import type { Clock, Timer } from '../clock.ts';
import type { Command, NodeId, RequestId, Result } from '../core/types.ts';
import { formatAnswer, type Operation, parseRequest } from './requests.ts';

/** More open requests than this are refused; below the number of results that a session remembers. */
const OPEN_REQUESTS = 256;
const FORWARDED_REQUESTS = 1024;
const ASK_AGAIN_MS = 30;

/** What travels to the core, here or at the leader. */
export type Submission = { readonly read: string } | { readonly command: Command };

export interface ForwardMessage {
  readonly type: 'forward';
  readonly from: NodeId;
  readonly id: string;
  readonly submission: Submission;
}
export interface ForwardReply {
  readonly type: 'forward-reply';
  readonly from: NodeId;
  readonly id: string;
  readonly result: Result;
}

export interface FrontDoorOptions {
  readonly id: NodeId;
  /** Names this life of the node, so that its own session numbers never repeat. */
  readonly boot: string;
  readonly clock: Clock;
  readonly forward: boolean;
  readonly requestTimeoutMs: number;
  /** A forwarded request without an answer is sent again after this. */
  readonly forwardRetryMs: number;
  /** Whether the local core may answer: it leads, or it is a read and the bug follower-read is on. */
  mayServe(submission: Submission): boolean;
  leader(): NodeId | null;
  term(): number;
  replicatedTime(): number;
  submit(request: RequestId, submission: Submission): void;
  send(to: NodeId, value: ForwardMessage | ForwardReply): boolean;
}

interface Open {
  readonly id: string;
  readonly submission: Submission;
  readonly finish: (result: Result) => void;
  readonly attempts: Set<string>;
  sentTo: NodeId | null;
  attempt: number;
  /** Attempts that may have been, or may yet be, proposed. */
  uncertain: number;
  retry: Timer | null;
  deadline: Timer | null;
}

export interface FrontDoor {
  onRequest(request: unknown, answer: (value: unknown) => void): void;
  onForward(message: ForwardMessage): void;
  onForwardReply(message: ForwardReply): void;
  /** The core's answer to something submitted here. */
  onResult(request: RequestId, result: Result): void;
  onLeaderChange(): void;
  close(): void;
}

export function frontDoor(options: FrontDoorOptions): FrontDoor {
  const { id: self, clock } = options;
  const open = new Map<string, Open>();
  /** Who waits for an attempt: the core's or a leader's answer. */
  const waiting = new Map<string, (result: Result) => void>();
  let counter = 0;

  const attempt = (request: Open): void => {
    request.retry?.cancel();
    request.retry = null;
    const name = `${request.id}.${++request.attempt}`;
    const leader = options.leader();
    if (options.mayServe(request.submission)) {
      expect(request, name, self);
      options.submit(name, request.submission);
    } else if (!options.forward) {
      settleFailure(request, notLeader(leader));
    } else if (
      leader !== null &&
      leader !== self &&
      options.send(leader, { type: 'forward', from: self, id: name, submission: request.submission })
    ) {
      expect(request, name, leader);
      again(request, options.forwardRetryMs);
    } else {
      request.sentTo = null;
      again(request, ASK_AGAIN_MS);
    }
  };

  const expect = (request: Open, name: string, from: NodeId): void => {
    request.sentTo = from;
    request.uncertain += 1;
    request.attempts.add(name);
    waiting.set(name, result => {
      waiting.delete(name);
      if (result.ok || result.code === 'cas-mismatch' || result.code === 'session-expired') finish(request, result);
      else if (result.code === 'not-leader' || result.code === 'leadership-lost') {
        if (result.definite) request.uncertain -= 1;
        again(request, ASK_AGAIN_MS);
      } else {
        if (result.definite) request.uncertain -= 1;
        settleFailure(request, result);
      }
    });
  };

  const again = (request: Open, delayMs: number): void => {
    request.retry?.cancel();
    request.retry = open.has(request.id) ? clock.after(delayMs, () => attempt(request)) : null;
  };

  /** A failure is definite only if no attempt can have been, or yet be, proposed; reads change nothing. */
  const settleFailure = (request: Open, result: Extract<Result, { ok: false }>): void => {
    finish(request, { ...result, definite: 'read' in request.submission || request.uncertain === 0 });
  };

  const finish = (request: Open, result: Result): void => {
    if (!open.delete(request.id)) return;
    request.retry?.cancel();
    request.deadline?.cancel();
    for (const name of request.attempts) waiting.delete(name);
    request.finish(result);
  };

  const onDeadline = (request: Open): void => {
    const unsent = request.uncertain === 0;
    settleFailure(request, {
      ok: false,
      code: unsent ? 'no-leader' : 'timeout',
      definite: unsent,
      message: unsent ? 'no leader was found before the deadline' : 'no outcome before the deadline; the request may still take effect',
    });
  };

  return {
    onRequest(request, answer) {
      const clientId = (request as { id?: unknown } | null)?.id ?? null;
      const respond = (result: Result) => answer(formatAnswer(clientId, result));
      if ((request as { op?: unknown } | null)?.op === 'ping') {
        respond({ ok: true, value: 'pong' });
        return;
      }
      if ((request as { op?: unknown } | null)?.op === 'leader') {
        respond({ ok: true, value: { term: options.term(), leader: options.leader() } });
        return;
      }
      const parsed = parseRequest(request);
      if ('bad' in parsed) {
        respond({ ok: false, code: 'bad-request', definite: true, message: parsed.bad });
        return;
      }
      if (open.size >= OPEN_REQUESTS) {
        respond({ ok: false, code: 'overloaded', definite: true, message: `${OPEN_REQUESTS} requests are open on this node` });
        return;
      }
      const id = `${self}-${options.boot}-${++counter}`;
      const submission = toSubmission(parsed.operation, { session: `${self}-${options.boot}`, seq: counter }, options.replicatedTime());
      const entry: Open = {
        id,
        submission,
        finish: respond,
        attempts: new Set(),
        sentTo: null,
        attempt: 0,
        uncertain: 0,
        retry: null,
        deadline: null,
      };
      open.set(id, entry);
      entry.deadline = clock.after(parsed.timeoutMs ?? options.requestTimeoutMs, () => onDeadline(entry));
      attempt(entry);
    },
    onForward({ from, id, submission }) {
      const respond = (result: Result) => {
        waiting.delete(id);
        options.send(from, { type: 'forward-reply', from: self, id, result });
      };
      if (!options.mayServe(submission)) respond(notLeader(options.leader()));
      else if (waiting.size >= FORWARDED_REQUESTS)
        respond({ ok: false, code: 'overloaded', definite: true, message: 'the leader has too many requests open' });
      else {
        waiting.set(id, respond);
        options.submit(id, submission);
      }
    },
    onForwardReply: ({ id, result }) => waiting.get(id)?.(result),
    onResult: (request, result) => waiting.get(request)?.(result),
    onLeaderChange() {
      const leader = options.leader();
      if (leader === null) return;
      for (const request of [...open.values()]) if (request.sentTo !== leader) attempt(request);
    },
    close() {
      for (const request of [...open.values()]) onDeadline(request);
    },
  };
}

function notLeader(leader: NodeId | null): Extract<Result, { ok: false }> {
  return { ok: false, code: 'not-leader', definite: true, message: 'this node is not the leader', ...(leader === null ? {} : { leader }) };
}

function toSubmission(operation: Operation, own: { session: string; seq: number }, issued: number): Submission {
  if (operation.op === 'read') return { read: operation.key };
  const origin = { ...(operation.origin ?? own), issued };
  if (operation.op === 'write') return { command: { kind: 'write', key: operation.key, value: operation.value, ...origin } };
  return { command: { kind: 'cas', key: operation.key, expected: operation.expected, value: operation.value, ...origin } };
}
