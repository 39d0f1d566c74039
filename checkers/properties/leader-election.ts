/**
 * Leader election: no term has two leaders, whoever is asked.
 *
 * `leader` -> `{term, leader}` as the node that answers believes; a null leader says nothing. Anomaly: `two-leaders`, the two answers. A history without
 * any answer: unknown. O(n). Source: Ongaro & Ousterhout, "In search of an understandable consensus algorithm", 2014 (election safety).
 */
import type { Key } from '../../harness/history/event.ts';
import type { Operation } from '../../harness/history/operation.ts';
import type { Anomaly } from '../../harness/protocol/checker.ts';
import type { Json } from '../../harness/std/json.ts';
import { show, valueKey } from '../models/values.ts';
import { told } from '../read-write/prose.ts';
import { anomaly, checkerOf, type Found } from './property.ts';

export const leaderElection = checkerOf({
  model: 'leader-election',
  summary: 'no term has two leaders, whoever is asked',
  workloads: ['leader-election'],
  judge: (operations, key) => judgeLeaders(operations, key),
});

const judgeLeaders = (operations: readonly Operation[], key: Key | undefined): Found => {
  const leaders = new Map<unknown, Map<unknown, Operation>>();
  const anomalies: Anomaly[] = [];
  for (const operation of operations) {
    const belief = beliefOf(operation);
    if (belief === undefined) continue;
    const ofTerm = leaders.get(valueKey(belief.term)) ?? new Map<unknown, Operation>();
    leaders.set(valueKey(belief.term), ofTerm);
    const name = valueKey(belief.leader);
    if (ofTerm.has(name)) continue;
    const [rival] = ofTerm.values();
    ofTerm.set(name, operation);
    if (rival === undefined) continue;
    const first = show(beliefOf(rival)!.leader);
    anomalies.push(
      anomaly(
        'two-leaders',
        key,
        [rival, operation],
        `term ${show(belief.term)} has two leaders, ${first} and ${show(belief.leader)}: ${told(rival)}; ${told(operation)}.`,
      ),
    );
  }
  return {
    anomalies,
    measured: { terms: leaders.size },
    unknown: leaders.size === 0 && operations.length > 0 ? 'nobody ever named a leader' : undefined,
  };
};

const beliefOf = ({ invoke, completion, type }: Operation) => {
  const value = type === 'ok' && invoke.f === 'leader' ? completion!.value : null;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const { term, leader } = value as { readonly [name: string]: Json };
  return term === undefined || term === null || leader === undefined || leader === null ? undefined : { term, leader };
};
