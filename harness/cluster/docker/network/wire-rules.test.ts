import { expect, test } from 'vitest';
import { baseRules } from './rules.ts';
import { shapesOf, shapingScript } from './shaping.ts';
import { readClass } from './wire-proof.ts';
import { countPackets, removeWireRules, type WireBreak, wireRules } from './wire-rules.ts';

const where = {
  addressesOf: (site: string) => ({ n1: ['10.0.0.1', '10.1.0.1'], n2: ['10.0.0.2'], clients: ['10.0.0.9'] })[site] ?? [],
  listensOf: (from: string, to: string) => (from === 'n1' && to === 'n2' ? [18475] : []),
};
const broken = (fault: WireBreak['fault'], flows = [{ from: 'n1', to: 'n2' }]): WireBreak => ({ id: 7, flows, fault });
const linesOf = (text: string | undefined, chain: string): string[] =>
  text?.split('\n').filter(line => line.startsWith(`-A ${chain} `)) ?? [];

test('a dead wire drops at the sender without telling it, and at the receiver for every address of the sender', () => {
  const sender = wireRules('n1', broken({ type: 'drop' }), where);
  expect(linesOf(sender, 'ORDEAL-7-OUT').some(line => /-d 10\.0\.0\.2 .*NFQUEUE/.test(line))).toBe(true);
  expect(linesOf(sender, 'ORDEAL-7-IN')).toEqual([expect.stringContaining('--dport 18475')]);
  const receiver = wireRules('n2', broken({ type: 'drop' }), where);
  expect(linesOf(receiver, 'ORDEAL-7-IN').map(line => /-s (\S+)/.exec(line)?.[1])).toEqual(['10.0.0.1', '10.1.0.1']);
});

test('loss is drawn once, at the receiver; names fail at the asker; who is not concerned has no rules', () => {
  expect(wireRules('n1', broken({ type: 'loss', share: 0.25 }), where)).toBeUndefined();
  expect(wireRules('n2', broken({ type: 'loss', share: 0.25 }), where)).toContain('--probability 0.25000000');
  expect(wireRules('n2', broken({ type: 'dns', mode: 'fail', ms: 0 }), where)).toBeUndefined();
  expect(wireRules('n1', broken({ type: 'dns', mode: 'fail', ms: 0 }), where)).toContain('--ctorigdstport 53');
  expect(wireRules('n3', broken({ type: 'drop' }), where)).toBeUndefined();
});

test('a fault goes by its own chains alone', () => {
  expect(removeWireRules(7).match(/ORDEAL-7-(IN|OUT)/g)).toHaveLength(6);
  expect(removeWireRules(7)).not.toMatch(/-F ORDEAL-IN|-X ORDEAL-OUT/);
});

test('packets are counted by flow over all rules of one fault', () => {
  const saved = `*filter
[3:252] -A ORDEAL-7-OUT -d 10.0.0.2/32 -m comment --comment "n1>n2 dropped" -j NFQUEUE --queue-num 46337
[2:120] -A ORDEAL-7-OUT -p tcp -m conntrack --ctorigdst 10.0.0.2 --ctdir ORIGINAL -m comment --comment "n1>n2 dropped" -j DROP
[9:900] -A ORDEAL-77-IN -s 10.0.0.2/32 -m comment --comment "n2>n1 dropped" -j DROP
COMMIT`;
  expect([...countPackets(saved, 7)]).toEqual([['n1>n2 dropped', 5]]);
});

test('a node that is away is guarded against under any address of its networks, save those that are known', () => {
  const base = { redirects: [], guarded: [{ from: ['10.0.0.2'], port: 80 }], dead: [], admitted: ['10.0.0.8'], lastProxyPort: 18480 };
  const without = linesOf(baseRules({ ...base, strangers: undefined }), 'ORDEAL-GUARD');
  const guard = linesOf(baseRules({ ...base, strangers: { subnets: ['10.0.0.0/16'], known: ['10.0.0.7'] } }), 'ORDEAL-GUARD');
  expect(guard.slice(0, without.length)).toEqual(without);
  expect(guard.slice(without.length)).toEqual([
    '-A ORDEAL-GUARD -s 10.0.0.7 -j RETURN',
    expect.stringMatching(/-s 10\.0\.0\.0\/16 -p tcp --dport 80 .* REJECT/),
  ]);
});

test('faults on one flow add up: the smallest rate, the sum of the delays, the largest shares', () => {
  const shapes = shapesOf('n1', [
    broken({ type: 'rate', bytesPerSecond: 500 }),
    broken({ type: 'rate', bytesPerSecond: 900 }),
    broken({ type: 'delay', ms: 40, jitterMs: 5 }),
    broken({ type: 'reorder', share: 0.2, ms: 10 }),
    broken({ type: 'duplicate', share: 0.01 }, [{ from: 'n2', to: 'n1' }]),
  ]);
  expect(shapes).toEqual([{ flow: { from: 'n1', to: 'n2' }, bytesPerSecond: 500, netem: 'delay 50ms 5ms reorder 20.0000%' }]);
  expect(shapingScript(shapes, where.addressesOf)).toMatch(/rate 500bps .*netem limit \d+ delay 50ms 5ms reorder 20\.0000%/);
});

test('without shapes, only our own root goes', () => {
  expect(shapingScript([], where.addressesOf)).toContain('tc qdisc del dev "$d" root');
  expect(shapingScript([], where.addressesOf)).not.toContain('add');
});

test('what the kernel says of a class is read', () => {
  const said = `class htb 4f52:10 root leaf 1000: prio 0 rate 8Mbit ceil 8Mbit burst 10000b cburst 10000b
 Sent 1160 bytes 20 pkt (dropped 1, overlimits 3 requeues 0)
 backlog 174b 3p requeues 0
qdisc htb 4f52: root refcnt 2 r2q 10 default 0
qdisc netem 1000: parent 4f52:10 limit 100000 delay 50ms`;
  expect(readClass(said, '4f52:10')).toEqual({
    packets: 24,
    netem: true,
    words: 'netem limit 100000 delay 50ms, 1160 bytes sent, 3 times held back, 1 packets dropped',
  });
  expect(readClass(said, '4f52:11')).toBeUndefined();
});
