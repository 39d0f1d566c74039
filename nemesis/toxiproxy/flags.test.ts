import { expect, test } from 'vitest';
import { parseFlags, UsageError } from './flags.ts';

test('without flags: the real server’s defaults', () => {
  expect(parseFlags([])).toEqual({
    host: 'localhost',
    port: 8474,
    config: '',
    seed: undefined,
    runtimeMetrics: false,
    proxyMetrics: false,
    version: false,
    help: false,
  });
});

test('one dash or two, with = or a space', () => {
  expect(parseFlags(['-port', '0', '--host=::1', '-proxy-metrics', '--runtime-metrics=true', '-seed=-7'])).toMatchObject({
    port: 0,
    host: '::1',
    proxyMetrics: true,
    runtimeMetrics: true,
    seed: -7,
  });
  expect(parseFlags(['-proxy-metrics=false']).proxyMetrics).toBe(false);
});

test.each([
  [['-prot', '1'], 'flag provided but not defined: -prot'],
  [['-port'], 'flag needs an argument: -port'],
  [['-port', 'x'], 'invalid value "x" for flag -port: expected an integer from 0 to 65535'],
  [['-port', '65536'], 'invalid value "65536"'],
  [['-version=maybe'], 'invalid boolean value "maybe" for -version'],
])('%j is refused', (argv, message) => {
  expect(() => parseFlags(argv)).toThrow(UsageError);
  expect(() => parseFlags(argv)).toThrow(message);
});
