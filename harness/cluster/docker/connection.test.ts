import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { describeConnection, resolveConnection } from './connection.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'ordeal-home-'));
  mkdirSync(join(home, '.docker'));
});
afterEach(() => rmSync(home, { recursive: true }));

const addContext = (name: string, docker: object, withTls = false): void => {
  const id = createHash('sha256').update(name).digest('hex');
  const folder = join(home, '.docker/contexts/meta', id);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'meta.json'), JSON.stringify({ Name: name, Endpoints: { docker } }));
  if (withTls) mkdirSync(join(home, '.docker/contexts/tls', id, 'docker'), { recursive: true });
};
const chooseContext = (name: string): void => writeFileSync(join(home, '.docker/config.json'), JSON.stringify({ currentContext: name }));

test('without any word it is the usual socket', () => {
  expect(resolveConnection({}, home)).toEqual({ kind: 'socket', path: '/var/run/docker.sock' });
});

test('the current context of ~/.docker/config.json decides', () => {
  addContext('remote', { Host: 'ssh://me@far.example:2222' });
  chooseContext('remote');
  const expected = { kind: 'ssh', destination: 'me@far.example', port: 2222, socket: '/var/run/docker.sock' };
  expect(resolveConnection({}, home)).toEqual(expected);
});

test('DOCKER_CONTEXT goes before the current context, and DOCKER_HOST before both', () => {
  addContext('one', { Host: 'unix:///run/one.sock' });
  addContext('two', { Host: 'unix:///run/two.sock' });
  chooseContext('one');
  expect(resolveConnection({ DOCKER_CONTEXT: 'two' }, home)).toEqual({ kind: 'socket', path: '/run/two.sock' });
  expect(resolveConnection({ DOCKER_CONTEXT: 'two', DOCKER_HOST: 'unix:///run/three.sock' }, home)).toMatchObject({
    path: '/run/three.sock',
  });
  expect(resolveConnection({ DOCKER_CONTEXT: 'default' }, home)).toMatchObject({ path: '/var/run/docker.sock' });
});

test('a context with TLS brings its own certificates, and may skip the check', () => {
  addContext('safe', { Host: 'tcp://far.example:2376' }, true);
  addContext('lax', { Host: 'tcp://far.example:2376', SkipTLSVerify: true });
  expect(resolveConnection({ DOCKER_CONTEXT: 'safe' }, home)).toMatchObject({
    kind: 'tcp',
    port: 2376,
    tls: { folder: expect.stringContaining('.docker/contexts/tls/'), verify: true },
  });
  expect(resolveConnection({ DOCKER_CONTEXT: 'lax' }, home)).toMatchObject({ tls: { folder: undefined, verify: false } });
});

test.each([
  ['tcp://far.example:2375', { kind: 'tcp', host: 'far.example', port: 2375 }],
  ['far.example:80', { kind: 'tcp', host: 'far.example', port: 80 }],
  ['tcp://[::1]:2375', { kind: 'tcp', host: '::1', port: 2375 }],
  ['tcp://far.example:2376', { kind: 'tcp', host: 'far.example', port: 2376, tls: { folder: undefined, verify: true } }],
  ['ssh://far.example/run/user/1000/docker.sock', { kind: 'ssh', destination: 'far.example', socket: '/run/user/1000/docker.sock' }],
])('DOCKER_HOST=%s', (address, expected) => {
  expect(resolveConnection({ DOCKER_HOST: address }, home)).toEqual(expected);
});

test('a context that is not there is told with what to do', () => {
  expect(() => resolveConnection({ DOCKER_CONTEXT: 'gone' }, home)).toThrow(
    expect.objectContaining({ code: 'docker-context', blame: 'environment', hint: expect.stringContaining('docker context ls') }),
  );
});

test('an address that is none is refused, with where it came from', () => {
  expect(() => resolveConnection({ DOCKER_HOST: 'ftp://x' }, home)).toThrow(
    expect.objectContaining({ code: 'docker-host', message: expect.stringContaining('DOCKER_HOST says "ftp://x"') }),
  );
});

test('a connection is described as docker would write it', () => {
  const roundTrip = (address: string): string => describeConnection(resolveConnection({ DOCKER_HOST: address }, home));
  for (const address of ['unix:///a.sock', 'tcp://h:2375', 'ssh://me@h:22']) expect(roundTrip(address)).toBe(address);
});
