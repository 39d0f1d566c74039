import { expect, test } from 'vitest';
import { UserError } from '../std/user-error.ts';
import { parseWith, type RunConfig, runConfigSchema } from './config.ts';
import { registriesWith } from './registries.ts';
import { settle } from './settings.ts';

const registries = registriesWith({});

const refusal = async (config: RunConfig): Promise<UserError> => {
  try {
    await settle(config, registries);
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error('it was accepted');
};

test('the defaults are five Raft nodes, a register, linearizability', async () => {
  const plan = await settle({}, registries);
  expect([plan.system.name, plan.nodes, plan.workload.name, plan.model]).toEqual([
    'raft',
    ['n1', 'n2', 'n3', 'n4', 'n5'],
    'register',
    'linearizable',
  ]);
});

test.each<[RunConfig, RegExp, RegExp]>([
  [{ system: 'raff' }, /unknown system "raff"/, /did you mean raft/],
  [{ nemesis: ['partitoin'] }, /unknown nemesis "partitoin"/, /did you mean partition/],
  [{ nemesis: [''] }, /unknown nemesis ""/, /partition/],
  [{ nemesis: ['kill', 'none'] }, /kill,none/, /leave none out/],
  [{ bug: [''] }, /bug of raft ""/, /stale-read/],
  [{ workload: 'queues' }, /unknown workload "queues"/, /register/],
  [{ workload: 'queue' }, /raft does not say that it offers the operations of queue/, /register/],
  [{ model: 'snapshot' }, /snapshot/, /linearizable/],
  [{ bug: ['stale-reed'] }, /stale-reed/, /did you mean stale-read/],
  [{ set: { kys: '3' } }, /unknown option "kys"/, /did you mean keys/],
  [{ set: { keys: 'many' } }, /keys=many/, /./],
  [{ interval: 'soon' }, /--interval soon/, /10s/],
  [{ interval: '0' }, /--interval 0/, /100ms/],
  [{ timeLimit: '1000h' }, /--time-limit 1000h/, /500h/],
  [{ on: 'attach' }, /--on attach/, /--attach PROJECT/],
  [{ on: 'docker', attach: 'x' }, /exclude/, /leave out/],
])('%j is refused with what to do instead', async (config, message, hint) => {
  const error = await refusal(config);
  expect(error.blame).toBe('usage');
  expect(error.message).toMatch(message);
  expect(error.hint).toMatch(hint);
});

test('an option of a fault goes to that fault', async () => {
  const plan = await settle({ nemesis: ['partition', 'kill'], set: { 'partition.variant': 'halves' } }, registries);
  expect(plan.faultOptions['partition.variant']).toBe('halves');
  expect(plan.faultOptions).not.toHaveProperty(['kill.variant']);
});

test('small values are an option of the workload', async () => {
  expect((await settle({ values: 'small' }, registries)).workloadOptions.values).toBe('small');
});

const possibleHere = registries.faults.filter(({ needs }) => !needs.some(need => ['wires', 'netem', 'hosts'].includes(need)));

test.each<[string[], number]>([
  [['none'], 0],
  [['all'], possibleHere.length],
  [['kill', 'kill', 'pause'], 2],
])('--nemesis %j is %d kinds of faults', async (nemesis, count) =>
  expect((await settle({ nemesis }, registries)).faults).toHaveLength(count),
);

test.each<[Record<string, unknown>, RegExp]>([
  [{ nodes: 'abc' }, /expected a whole number, found "abc"\n\s+→ at nodes/],
  [{ seed: '' }, /expected a whole number, found ""\n\s+→ at seed/],
  [{ seed: '-1' }, />=0/],
  [{ concurrency: '1.5' }, /expected a whole number, found "1.5"/],
  [{ rate: '0' }, /expected max, or more than 0/],
  [{ rate: '' }, /expected max, or more than 0/],
])('%j is no number', (flags, message) => expect(() => parseWith(runConfigSchema, flags, 'the command line')).toThrow(message));

test('numbers may be written as flags or as numbers', () =>
  expect(parseWith(runConfigSchema, { nodes: '3', seed: 7, rate: '0.5', concurrency: ' 4 ' }, 'x')).toEqual({
    nodes: 3,
    seed: 7,
    rate: 0.5,
    concurrency: 4,
  }));

test('a workload of one’s own is judged as the one whose operations it has', async () => {
  const mine = { ...registries.workloads.find(({ name }) => name === 'register')!, name: 'mine', judgedAs: 'register' };
  expect((await settle({ workload: 'mine' }, registriesWith({ workloads: [mine] }))).checker.model).toBe('linearizable');
});

test.each([{ keys: '-3' }, { keys: ' ' }, { reads: -1 }])('%j is no quantity', async set =>
  expect((await refusal({ set: set as never })).message).toMatch(/expected a number, 0 or more/),
);

test('an option that the system and the workload both know is for the one that takes the value', async () => {
  const anywhere = { name: 'docker' as const, summary: '', capabilities: async () => new Set<never>(), create: () => expect.unreachable() };
  const plan = (reads: string) =>
    settle({ system: 'etcd', nemesis: ['none'], set: { reads } }, { ...registries, providers: [...registries.providers, anywhere] });
  const stale = await plan('serializable');
  expect([stale.systemOptions.reads, stale.workloadOptions.reads]).toEqual(['serializable', 2]);
  const heavy = await plan('9');
  expect([heavy.systemOptions.reads, heavy.workloadOptions.reads]).toEqual(['linearizable', 9]);
  await expect(plan('nonsense')).rejects.toThrow('reads=nonsense');
});

test('a kernel without netem is the environment’s fault, whatever else was wished for', async () => {
  const place = { ...registries.providers[0]!, capabilities: async () => new Set(['wires', 'client-links'] as const) };
  const refused = settle({ nemesis: ['delay'] }, { ...registries, providers: [place] });
  await expect(refused).rejects.toMatchObject({ blame: 'environment', code: 'no-netem' });
});
