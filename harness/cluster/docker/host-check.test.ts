import { expect, test } from 'vitest';
import { parseTrials } from './host-check.ts';

test('each feature is told apart, with what was said of it', () => {
  const output =
    'iptables 0 nft \r\ntbf 0 there\r\nnetem 2 Error: Specified qdisc kind is unknown. \r\nptrace 1 sh: 1: cannot open: Permission denied\r\n';
  expect([...parseTrials(output)]).toEqual([
    ['iptables', { works: true, detail: 'nft' }],
    ['tbf', { works: true, detail: 'there' }],
    ['netem', { works: false, detail: 'Error: Specified qdisc kind is unknown.' }],
    ['ptrace', { works: false, detail: 'sh: 1: cannot open: Permission denied' }],
  ]);
});
