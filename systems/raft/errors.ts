/** What the reference Raft says when an operation did not succeed, and whether that is final. */
import type { ErrorTable } from '../../harness/protocol/errors.ts';

export const raftErrors = {
  'cas-mismatch': { name: 'cas-mismatch', definite: true }, // the state machine compared, in log order, and refused
  'not-leader': { name: 'not-leader', definite: true }, // refused before it was proposed; with forwarding off
  'no-leader': { name: 'no-leader', definite: true }, // no leader was found in time, and no node had been given the request
  overloaded: { name: 'overloaded', definite: true }, // refused before it was proposed
  'bad-request': { name: 'bad-request', definite: true },
  unreachable: { name: 'unreachable', definite: true }, // the client's own: the node never greeted, so nothing was sent
  timeout: { name: 'timeout', definite: false }, // proposed or forwarded, outcome unknown: now, later or never
  'leadership-lost': { name: 'leadership-lost', definite: false }, // proposed by a leader that stepped down
  'session-expired': { name: 'session-expired', definite: false }, // this attempt was not applied; an earlier one may have been
  'connection-lost': { name: 'connection-lost', definite: false }, // the client's own: sent, and the connection broke
} as const satisfies ErrorTable;
