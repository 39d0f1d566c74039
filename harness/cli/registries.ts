/** Every system, workload, fault and checker by name: the one place that knows them all, and the words for one that is not there. */
import { linearizable } from '../../checkers/linearizable/checker.ts';
import { aliases } from '../../checkers/models/registry.ts';
import { withOwnModels } from '../../checkers/own-models.ts';
import { checkers } from '../../checkers/registry.ts';
import { linearizableOnThreads } from '../../checkers/threads/linearizable.ts';
import { faults } from '../../nemesis/registry.ts';
import { etcd } from '../../systems/etcd/system.ts';
import { raft } from '../../systems/raft/system.ts';
import { redis } from '../../systems/redis/system.ts';
import { workloads } from '../../workloads/registry.ts';
import { attach } from '../cluster/docker/compose/attach-cluster.ts';
import { compose } from '../cluster/docker/compose/compose-cluster.ts';
import { docker } from '../cluster/docker/docker-cluster.ts';
import { external } from '../cluster/external/external-cluster.ts';
import { processes } from '../cluster/process/process-cluster.ts';
import type { Checker } from '../protocol/checker.ts';
import type { Provider } from '../protocol/cluster.ts';
import type { Fault } from '../protocol/fault.ts';
import type { System } from '../protocol/system.ts';
import type { Workload } from '../protocol/workload.ts';
import { UserError } from '../std/user-error.ts';
import type { LoadedConfig } from './config.ts';

export interface Registries {
  readonly systems: readonly System[];
  readonly workloads: readonly Workload[];
  readonly faults: readonly Fault[];
  readonly checkers: readonly Checker[];
  readonly providers: readonly Provider[];
}

/** Ours, and those of the config file; a name given twice is the file's. */
export const registriesWith = (config: LoadedConfig): Registries => ({
  systems: byName([raft, etcd, redis], config.systems ?? []),
  workloads: byName(Object.values(workloads), config.workloads ?? []),
  faults: byKind(faults, config.faults ?? []),
  checkers: checkers.map(checker => withOwnModels(checker === linearizable ? linearizableOnThreads : checker, config.models ?? [])),
  providers: [processes, docker, compose, attach, external],
});

/** The workload that another name stands for: the field has several for some. */
export const workloadNamed = (name: string): string => (Object.hasOwn(aliases, name) ? aliases[name]! : name);

const byKind = (ours: readonly Fault[], theirs: readonly Fault[]): readonly Fault[] => [
  ...new Map([...ours, ...theirs].map(fault => [fault.kind, fault])).values(),
];

const byName = <T extends { readonly name: string }>(ours: readonly T[], theirs: readonly T[]): readonly T[] => [
  ...new Map([...ours, ...theirs].map(item => [item.name, item])).values(),
];

/** Throws a usage error that lists what there is and guesses what was meant. */
export const named = <T>(what: string, items: readonly T[], nameOf: (item: T) => string, name: string): T => {
  const found = items.find(item => nameOf(item) === name);
  if (found) return found;
  const names = items.map(nameOf);
  const meant = names.find(candidate => distance(candidate, name) <= 2);
  throw new UserError('usage', `unknown-${what}`, `unknown ${what} "${name}"`, {
    hint: `${meant ? `did you mean ${meant}? ` : ''}there is ${names.length > 0 ? names.join(', ') : 'none'}`,
  });
};

/** Levenshtein; names are short. */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) next.push(Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length]!;
};
