import { expect, test } from 'vitest';
import { describeTargets } from './targets.ts';

const cut = (a: string[], b: string[]) => a.flatMap(from => b.flatMap(to => [`${from}>${to}`, `${to}>${from}`]));

test.each([
  [['n2'], 'n2'],
  [['n2', 'n4'], 'n2, n4'],
  [cut(['n3'], ['n1', 'n2', 'n4', 'n5']), 'n3 | n1, n2, n4, n5'],
  [cut(['n1', 'n2', 'n3'], ['n4', 'n5']), 'n4, n5 | n1, n2, n3'],
  [['n1>n2', 'n1>n3'], 'n1 → n2, n3'],
  [['n1>n3', 'n2>n3'], 'n1, n2 → n3'],
  [['clients>n1', 'n1>clients'], 'clients | n1'],
  [[...cut(['n1'], ['n2']), ...cut(['n2'], ['n3']), ...cut(['n3'], ['n4'])], 'n1–n2, n2–n3, n3–n4'],
  [['n1>n2', 'n2>n1', 'n2>n3', 'n3>n2', 'n3>n1'], 'n1 → n2; n2 → n1, n3; n3 → n1, n2'],
  [[], 'nothing'],
])('%j is written %s', (targets, text) => {
  expect(describeTargets(targets)).toBe(text);
});
