import { expect, test } from 'vitest';
import { UserError } from '../../std/user-error.ts';
import { connectionError, dockerError, ifThere } from './engine.ts';

const systemError = (code: string): Error => Object.assign(new Error(`connect ${code} /var/run/docker.sock`), { code });
const refusal = (statusCode: number, message: string): Error =>
  Object.assign(new Error(`(HTTP code ${statusCode}) no such container - ${message} `), {
    statusCode,
    reason: 'no such container',
    json: { message },
  });

test.each([
  ['ENOENT', 'docker-missing', 'install a Docker engine'],
  ['EACCES', 'docker-permission', 'group docker'],
  ['ECONNREFUSED', 'docker-unreachable', 'start it'],
])('%s becomes %s, names the address and says what to do', (systemCode, code, hint) => {
  const error = connectionError(systemError(systemCode), 'unix:///x.sock');
  expect(error).toMatchObject({ code, blame: 'environment', hint: expect.stringContaining(hint) });
  expect(error.message).toContain('unix:///x.sock');
});

test('a refusal is told in the words of the daemon, not in those that dockerode makes of the status', () => {
  const error = dockerError(refusal(404, 'No such image: x:latest'), 'node n1 cannot be created');
  expect(error).toMatchObject({ code: 'docker-refused', message: 'node n1 cannot be created: No such image: x:latest' });
});

test('a port in use is told as such', () => {
  const words = 'driver failed: Bind for 127.0.0.1:80 failed: port is already allocated';
  expect(dockerError(refusal(500, words), 'the gateway cannot start').code).toBe('port-in-use');
});

test('a user error passes as it is', () => {
  const error = new UserError('environment', 'x', 'y');
  expect(dockerError(error, 'z')).toBe(error);
});

test('gone and done already are no errors, everything else is', async () => {
  for (const status of [404, 304]) expect(await ifThere(Promise.reject(refusal(status, 'x')))).toBeUndefined();
  expect(await ifThere(Promise.reject(refusal(409, 'removal of container x is already in progress')))).toBeUndefined();
  await expect(ifThere(Promise.reject(refusal(409, 'container x is paused')))).rejects.toThrow('paused');
});
