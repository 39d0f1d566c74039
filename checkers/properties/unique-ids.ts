/**
 * Identifiers that are generated are unique, whoever asked, under whatever key.
 *
 * Anomaly: `duplicate-id`, all the operations that were answered with it. O(n). Source: Jepsen's `unique-ids`.
 */
import type { Operation } from '../../harness/history/operation.ts';
import { show, valueKey } from '../models/values.ts';
import { told } from '../read-write/prose.ts';
import { anomaly, checkerOf, counted, type Found } from './property.ts';

export const uniqueIds = checkerOf({
  model: 'unique-ids',
  summary: 'no identifier is generated twice',
  workloads: ['unique-ids'],
  acrossKeys: true,
  judge: operations => judgeIds(operations),
});

const mostListed = 5;

const judgeIds = (operations: readonly Operation[]): Found => {
  const byId = new Map<unknown, Operation[]>();
  for (const operation of operations) {
    if (operation.type !== 'ok' || operation.invoke.f !== 'generate') continue;
    const id = valueKey(operation.completion!.value);
    const others = byId.get(id);
    if (others === undefined) byId.set(id, [operation]);
    else others.push(operation);
  }
  const duplicates = [...byId.values()].filter(({ length }) => length > 1);
  return {
    anomalies: duplicates.map(answered => {
      const id = show(answered[0]!.completion!.value);
      const who = answered.slice(0, mostListed).map(told).join('; ');
      return anomaly('duplicate-id', undefined, answered, `the identifier ${id} was given ${counted(answered.length, 'time')}: ${who}.`);
    }),
    measured: { ids: byId.size, duplicates: duplicates.length },
  };
};
