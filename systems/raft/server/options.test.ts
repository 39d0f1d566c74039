import { expect, test } from 'vitest';
import { parseOptions, UsageError } from './options.ts';

const least = ['--id', 'n1', '--data', 'd'];

test('defaults: loopback, free ports, members are this node and its peers', () => {
  const options = parseOptions([...least, '--peer', 'n2=127.0.0.1:7002'], {});
  expect(options).toMatchObject({ host: '127.0.0.1', clientPort: 0, electionMinMs: 150, electionMaxMs: 300, forward: true });
  expect(options.members).toEqual(['n1', 'n2']);
  expect(options.peers.get('n2')).toEqual({ host: '127.0.0.1', port: 7002 });
});

test('a skew of the clock comes from a flag or, failing that, from the environment', () => {
  const env = { RAFT_CLOCK_OFFSET_MS: '-5000', RAFT_CLOCK_RATE: '2' };
  expect(parseOptions(least, env)).toMatchObject({ clockOffsetMs: -5000, clockRate: 2 });
  expect(parseOptions([...least, '--clock-offset-ms=-7', '--clock-rate=1'], env)).toMatchObject({ clockOffsetMs: -7, clockRate: 1 });
});

test.each([
  [['--data', 'd'], '--id is missing'],
  [[...least, '--bug', 'nope'], 'there is no bug nope'],
  [[...least, '--peer', 'n2'], '--peer is ID=HOST:PORT'],
  [[...least, '--peer', 'n2=host:0'], 'an address is HOST:PORT'],
  [[...least, '--election-timeout-ms', '300-150'], '--election-timeout-ms must be a range'],
  [[...least, '--snapshot-every', '0'], '--snapshot-every must be a whole number from 1'],
  [[...least, '--nonsense'], '--nonsense'],
])('refuses %j', (args, message) => {
  expect(() => parseOptions(args, {})).toThrow(UsageError);
  expect(() => parseOptions(args, {})).toThrow(message);
});
