import { expect, test } from 'vitest';
import { endpointsFrom, endpointsOfFlags, parseEndpoint } from './endpoints.ts';

test('flags and the config file say the same thing in their own ways', () => {
  const wanted = {
    n1: { client: { host: '10.0.0.1', port: 6379 }, admin: { host: '10.0.0.1', port: 9000 } },
    n2: { client: { host: 'db', port: 1 } },
  };
  expect(endpointsFrom(endpointsOfFlags(['n1=10.0.0.1:6379', 'n1/admin=10.0.0.1:9000', 'n2=db:1']), 'client')).toEqual(wanted);
  expect(endpointsFrom({ n1: { client: '10.0.0.1:6379', admin: '10.0.0.1:9000' }, n2: 'db:1' }, 'client')).toEqual(wanted);
});

test('an IPv6 address stands in brackets', () => {
  expect(parseEndpoint('[::1]:6379')).toEqual({ host: '::1', port: 6379 });
});

test.each(['db', 'db:', ':1', 'db:0', 'db:70000', '::1:80'])('%s is no endpoint', text => {
  expect(() => parseEndpoint(text)).toThrow(`endpoint ${text}: expected HOST:PORT`);
});

test.each(['n1', '=db:1', 'n1='])('--endpoint %s is refused', flag => {
  expect(() => endpointsOfFlags([flag])).toThrow('expected NODE=HOST:PORT');
});
