import { expect, test } from 'vitest';
import { elementId, linkTo, parseRoute, type Route } from './route.ts';

test.each<[Route, string, string]>([
  [{ to: 'operation', index: 4123 }, '#/operation/4123', 'operation'],
  [{ to: 'anomaly', check: 0, anomaly: 2 }, '#/anomaly/0/2', 'anomaly-0-2'],
  [{ to: 'section', id: 'timeline' }, '#/timeline', 'timeline'],
])('%j is %s and shows %s', (route, hash, id) => {
  expect(linkTo(route)).toBe(hash);
  expect(parseRoute(hash)).toEqual(route);
  expect(elementId(route)).toBe(id);
});

test('what is no route shows nothing special', () => {
  expect([parseRoute(''), parseRoute('#'), parseRoute('#/')]).toEqual([undefined, undefined, undefined]);
});
