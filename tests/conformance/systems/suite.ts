/** What every system must keep to, wherever its nodes live: it serves, it says who leads, and its clients tell what they know and no more. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Client, Completion } from '../../../harness/protocol/client.ts';
import type { Cluster, Provider } from '../../../harness/protocol/cluster.ts';
import { type Options, resolveOptions } from '../../../harness/protocol/options.ts';
import type { NodeId, Reach, System } from '../../../harness/protocol/system.ts';
import { sleep, within } from '../../../harness/std/deadline.ts';
import type { Json } from '../../../harness/std/json.ts';
import { openTaps, type Taps } from './taps.ts';
import { scenes } from './workloads.ts';

export interface Tried {
  readonly system: System;
  readonly provider: Provider;
  readonly given?: Options;
  /** Why it cannot be tried here. */
  readonly skip?: string | undefined;
}

export const describeSystem = ({ system, provider, given = {}, skip }: Tried): void => {
  const options = resolveOptions(system.options, given);
  const nodes = ['n1', 'n2', 'n3'];
  const settings = Object.entries(given).map(([name, value]) => ` ${name}=${value}`);
  describe.skipIf(skip !== undefined)(`${system.name}${settings.join('')} on ${provider.name}${skip ? ` (${skip})` : ''}`, () => {
    let folder: string;
    let cluster: Cluster;
    let direct: Reach;
    let taps: Taps;
    const clients: Client[] = [];

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'ordeal-systems-'));
      cluster = provider.create({ system, nodes, options, bugs: [], runFolder: folder });
      await cluster.start(within(300_000));
      direct = (node, port = system.clientPort) => cluster.links.address('clients', node, port);
      taps = await openTaps(system, nodes, direct);
      await someLeader();
    }, 400_000);

    afterEach(async () => {
      taps.meddle(null);
      for (const client of clients.splice(0)) await client.close();
    });

    afterAll(async () => {
      taps?.close();
      const troubles = await cluster?.close();
      rmSync(folder, { recursive: true, force: true });
      expect(troubles).toEqual([]);
    }, 60_000);

    const connect = async (node: NodeId, reach: Reach = direct): Promise<Client> => {
      const client = await system.connect(node, reach(node), options, reach);
      clients.push(client);
      return client;
    };
    const roles = () => system.roles!(cluster.control, nodes, within(2000));
    const someLeader = async (): Promise<void> => {
      for (const signal = within(20_000); !signal.aborted; await sleep(100)) if ((await roles()).leader !== undefined) return;
      throw new Error('nobody leads');
    };
    let values = 700_000_000;
    let keys = 0;
    const nextValue = (): number => ++values;
    const nextKey = (): string => `conformance-key-${++keys}-`;
    const write = (key: string, value: Json) => ({ f: 'write', key, value, process: 0 });
    const read = (key: string) => ({ f: 'read', key, value: null, process: 0 });
    const typeOf = (completion: Completion): string => completion.type;

    test('every node is ready, answers a ping on its link, and tells the time if it can', async () => {
      for (const node of nodes) {
        await cluster.ready(node, within(5000));
        await system.ping!(direct(node), system.clientPort, within(5000));
        if (system.now === undefined) continue;
        const told = await system.now(node, direct(node), within(5000));
        expect(Math.abs(told - Date.now())).toBeLessThan(1500);
      }
    });

    test('one of the nodes leads, the others follow', async () => {
      // An election may be going on: on a busy machine leaders change without a fault.
      const settled = async (): Promise<unknown[]> => {
        const { leader, followers } = await roles();
        return [leader, ...followers].sort();
      };
      await expect.poll(settled, { timeout: 10_000, interval: 200 }).toEqual(nodes);
    });

    test('what one client wrote another reads, whichever node it asks, and what was never written is null', async () => {
      const [key, value] = [nextKey(), nextValue()];
      expect(await (await connect('n1')).invoke(read(key), within(5000))).toEqual({ type: 'ok', value: null });
      expect(await (await connect('n1')).invoke(write(key, value), within(5000))).toEqual({ type: 'ok', value });
      for (const node of nodes) expect(await (await connect(node)).invoke(read(key), within(5000))).toEqual({ type: 'ok', value });
    });

    test('a compare-and-set takes effect on the value it expects, and fails for good on any other', async () => {
      const key = nextKey();
      const client = await connect('n2');
      const cas = (from: Json, to: Json) => client.invoke({ f: 'cas', key, value: [from, to], process: 0 }, within(5000));
      expect(await cas(null, 1)).toEqual({ type: 'ok', value: [null, 1] });
      expect(await cas(null, 2)).toMatchObject({ type: 'fail', error: { name: 'cas-mismatch' } });
      expect(await cas(5, 2)).toMatchObject({ type: 'fail', error: { name: 'cas-mismatch' } });
      expect(await cas(1, 2)).toEqual({ type: 'ok', value: [1, 2] });
      expect(await client.invoke(read(key), within(5000))).toEqual({ type: 'ok', value: 2 });
    });

    test.each(['lose-request', 'lose-answer'] as const)('%s: the outcome of a write is unknown, and it is asked for once', async how => {
      const [key, value] = [nextKey(), nextValue()];
      const client = await connect('n1', taps.reach);
      taps.meddle({ how, text: String(value) });
      const { type } = await client.invoke(write(key, value), within(3000));
      await sleep(300); // time for a retry that must not be
      expect([type, taps.seen()]).toEqual(['info', 1]);
      const found = await (await connect('n1')).invoke(read(key), within(5000));
      expect(found).toEqual({ type: 'ok', value: how === 'lose-answer' ? value : null });
    });

    test('no answer by the deadline: unknown for a write, failed for a read, and soon', async () => {
      const [key, value] = [nextKey(), nextValue()];
      for (const [operation, text, type] of [
        [write(key, value), String(value), 'info'],
        [read(key), key, 'fail'],
      ] as const) {
        const client = await connect('n1', taps.reach);
        taps.meddle({ how: 'hold', text });
        const began = performance.now();
        const completion = await client.invoke(operation, within(500));
        expect(taps.seen()).toBe(1);
        expect(typeOf(completion)).toBe(type);
        expect(performance.now() - began).toBeLessThan(1500);
        taps.meddle(null);
      }
    });

    test('a node that refuses: nothing happened, and a new client cannot connect', async () => {
      const [key, value] = [nextKey(), nextValue()];
      const client = await connect('n1', taps.reach);
      taps.meddle({ how: 'refuse' });
      await sleep(50);
      expect(typeOf(await client.invoke(write(key, value), within(3000)))).toBe('fail');
      await expect(system.connect('n1', taps.reach('n1'), options, taps.reach)).rejects.toThrow();
      taps.meddle(null);
      expect(await (await connect('n1')).invoke(read(key), within(5000))).toEqual({ type: 'ok', value: null });
    });

    test.skipIf(!system.workloads.includes('list-append'))('a transaction sees its own appends and all before it', async () => {
      const [a, b] = [nextKey(), nextKey()];
      const ask = async (node: NodeId, ...value: Json[]) => (await connect(node)).invoke({ f: 'txn', value, process: 0 }, within(5000));
      expect(await ask('n1', ['append', a, 1], ['r', a, null])).toEqual({
        type: 'ok',
        value: [
          ['append', a, 1],
          ['r', a, [1]],
        ],
      });
      expect((await ask('n2', ['append', a, 2], ['append', b, 3])).type).toBe('ok');
      expect(await ask('n3', ['r', a, null], ['r', b, null])).toEqual({
        type: 'ok',
        value: [
          ['r', a, [1, 2]],
          ['r', b, [3]],
        ],
      });
    });

    test.each(system.workloads.filter(name => scenes[name] !== undefined))(
      '%s: its operations mean what its checkers take them to mean',
      async name => {
        const key = nextKey();
        const by = async (process: number, node: NodeId) => {
          const context = { process, nodes, workload: name, errors: system.errors, readOnly: [], operationTimeoutMs: 5000 };
          const client = await system.connect(node, direct(node), options, direct, context);
          clients.push(client);
          return (f: string, value: Json = null, on: string | null = key) =>
            client.invoke({ f, value, process, ...(on === null ? {} : { key: on }) }, within(5000));
        };
        await scenes[name]!({ key, first: await by(1, 'n1'), second: await by(2, 'n2') });
      },
    );
  });
};
