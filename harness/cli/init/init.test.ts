import { expect, test } from 'vitest';
import { UserError } from '../../std/user-error.ts';
import { outlineCompose } from './outline-compose.ts';
import { writeConfig } from './write-config.ts';

test.each<[string, string, readonly string[], number | undefined]>([
  [
    'ports are published',
    'services:\n  a: {image: kv, ports: ["127.0.0.1:8080:80/tcp"]}\n  b: {image: kv}\n  web: {image: nginx}',
    ['a', 'b'],
    80,
  ],
  ['a port is exposed', 'services:\n  a: {build: ./kv, expose: [6379]}\n  b: {build: ./kv, expose: [6379]}', ['a', 'b'], 6379],
  ['a port is written long', 'services:\n  a: {image: kv, ports: [{target: 5432, published: 1}]}', ['a'], 5432],
  [
    'an anchor is merged',
    'x-n: &n {image: kv, expose: ["90"]}\nservices:\n  a: {<<: *n}\n  b: {<<: *n}\n  c: {<<: *n}',
    ['a', 'b', 'c'],
    90,
  ],
  ['no port is said', 'services:\n  a: {image: kv}', ['a'], undefined],
])('%s: nodes and port are found', (_what, text, nodes, port) => expect(outlineCompose(text, 'f')).toEqual({ nodes, port }));

test.each([
  ['', /f is no compose file/],
  ['services: {}', /f has no services/],
  ['services: [a]', /f is no compose file/],
  ['a: b: c', /f is no compose file/],
])('%j is refused', (text, message) => {
  expect(() => outlineCompose(text, 'f')).toThrow(message);
  expect(() => outlineCompose(text, 'f')).toThrow(UserError);
});

test('names from a compose file cannot break out of the config', () => {
  const outline = { nodes: ["it's", 'b\\'], port: 80 };
  const config = writeConfig({ outline, composeFile: "x'y.yml", language: 'python' });
  expect(config).toContain(String.raw`services: ['it\'s', 'b\\'],`);
  expect(config).toContain(String.raw`compose: 'x\'y.yml',`);
});
