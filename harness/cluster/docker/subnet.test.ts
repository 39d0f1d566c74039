import { expect, test } from 'vitest';
import { planSubnet } from './subnet.ts';

test('nodes are in the lower half of the subnet, what the engine hands out in the upper', () => {
  const { range, addressOf } = planSubnet('172.18.0.0/16');
  expect([range, addressOf(0), addressOf(4)]).toEqual(['172.18.128.0/17', '172.18.0.10', '172.18.0.14']);
});

test('a small subnet, and one that does not begin at a round number', () => {
  expect(planSubnet('192.168.240.0/24').range).toBe('192.168.240.128/25');
  expect(planSubnet('192.168.16.0/20')).toMatchObject({ range: '192.168.24.0/21' });
  expect(planSubnet('10.0.3.0/24').addressOf(99)).toBe('10.0.3.109');
});
