import { expect, test } from 'vitest';
import { formatTcpAddress, resolveTcpAddress, splitHostPort } from './address.ts';

test('splits host and port, with and without brackets', () => {
  expect(splitHostPort('localhost:80')).toEqual({ host: 'localhost', port: '80' });
  expect(splitHostPort('[::1]:http')).toEqual({ host: '::1', port: 'http' });
  expect(splitHostPort(':0')).toEqual({ host: '', port: '0' });
});

test.each([
  ['foo', 'missing port in address'],
  ['[::1]', 'missing port in address'],
  ['[::1]x:80', 'missing port in address'],
  ['::1:80', 'too many colons in address'],
  ['[::1', "missing ']' in address"],
  ['a]:80', "unexpected ']' in address"],
])('%s: %s', (address, why) => {
  expect(() => splitHostPort(address)).toThrow(`address ${address}: ${why}`);
});

test('numbers resolve to themselves, in one spelling', async () => {
  expect(formatTcpAddress(await resolveTcpAddress('127.0.0.1:80'))).toBe('127.0.0.1:80');
  expect(formatTcpAddress(await resolveTcpAddress('[0:0::1]:80'))).toBe('[::1]:80');
  expect(formatTcpAddress(await resolveTcpAddress(':80'))).toBe(':80');
  expect(formatTcpAddress(await resolveTcpAddress(''))).toBe(':0');
});

test.each([
  ['127.0.0.1:65536', 'address 65536: invalid port'],
  ['127.0.0.1:-1', 'address -1: invalid port'],
  ['127.0.0.1:no-such-service', 'lookup tcp/no-such-service: unknown port'],
])('%s: %s', async (address, message) => {
  await expect(resolveTcpAddress(address)).rejects.toThrow(message);
});
