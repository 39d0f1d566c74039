import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { localCommand, quoted, sshCommand } from './hook-command.ts';

const place = { kind: 'pull-plug', node: 'n1', host: '10.0.0.1', port: 6379 };

test('placeholders are filled in, other braces are not', () => {
  expect(localCommand(['plug', '--off', '{node}', '{host}:{port}', '{other}', '{"a":1}'], place)).toEqual({
    command: ['plug', '--off', 'n1', '10.0.0.1:6379', '{other}', '{"a":1}'],
    env: { ORDEAL_FAULT: 'pull-plug', ORDEAL_NODE: 'n1', ORDEAL_HOST: '10.0.0.1', ORDEAL_PORT: '6379' },
  });
});

test('ssh never asks, has a deadline, shares its connection where asked, and is told the node', () => {
  const { command } = sshCommand('root@{host}', ['reboot', '{node}'], place, true);
  expect(command.slice(0, 5)).toEqual(['ssh', '-o', 'BatchMode=yes', '-o', 'ConnectTimeout=5']);
  expect(command.join(' ')).toMatch(/ControlMaster=auto -o ControlPath=\S+%C -o ControlPersist=10 -- root@10.0.0.1 env ORDEAL_FAULT/);
  expect(command.at(-1)).toMatch(/ORDEAL_NODE=n1 .*reboot n1$/);
  expect(sshCommand('web', ['true'], place, false).command).toContain('ControlPath=none');
});

test.each(['-oProxyCommand=evil', 'a b', '$(id)', ''])('ssh: %j is refused', target => {
  expect(() => sshCommand(target, ['true'], place, false)).toThrow('expected user@host');
});

test('every word reaches a remote shell as it is', () => {
  const words = ['a b', "it's", '$HOME', '`id`', '; rm -rf /', 'new\nline', '"', '', '*', '\\', '~'];
  const script = words.map(quoted).join(' ');
  const seen = execFileSync('sh', ['-c', `node -e 'console.log(JSON.stringify(process.argv.slice(1)))' -- ${script}`], {
    encoding: 'utf8',
  });
  expect(JSON.parse(seen)).toEqual(words);
});
