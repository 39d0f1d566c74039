/**
 * The API, answer by answer: status, content type, body. The expectations are what Toxiproxy 2.12 says, and both servers
 * are held to them, so a wrong expectation fails on the real one.
 */

import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { describeBoth } from './servers.ts';
import { client, closeAll, freePort } from './traffic.ts';

const ERROR_TYPE = 'text/plain; charset=utf-8';
const error = (message: string, status: number) => `{"error":${JSON.stringify(message)},"status":${status}}\n`;
const bad = (reason: string) => error(`bad request body: ${reason}`, 400);

describeBoth('API', ({ server, kind, betterThanReal }) => {
  afterEach(closeAll);

  const call = (method: string, path: string, body?: unknown) => server().call(method, path, body);
  const off = (name: string, more: object = {}) => ({ name, listen: '127.0.0.1:1', upstream: '127.0.0.1:2', enabled: false, ...more });

  test('version', async () => {
    const { status, type, json } = await call('GET', '/version');
    expect([status, type]).toEqual([200, 'application/json;charset=utf-8']);
    expect(json).toEqual({ version: kind === 'embedded' ? '2.12.0' : expect.any(String) });
  });

  test.each([
    ['GET', '/nope', 404, '404 page not found\n'],
    ['GET', '/proxies/', 404, '404 page not found\n'],
    ['GET', '/proxies/a%2Fb', 404, '404 page not found\n'],
    ['PUT', '/proxies', 405, ''],
    ['POST', '/version', 405, ''],
    ['GET', '/reset', 405, ''],
    ['GET', '/populate', 405, ''],
    ['GET', '//proxies', 301, ''],
  ])('%s %s is answered %i', async (method, path, status, text) => {
    expect(await call(method, path)).toMatchObject({ status, text });
  });

  test('browsers are refused, but only where there is a page', async () => {
    const browser = { 'User-Agent': 'Mozilla/5.0 (X11)' };
    expect(await server().call('GET', '/version', undefined, browser)).toMatchObject({ status: 403, text: 'User agent not allowed\n' });
    expect(await server().call('GET', '/nope', undefined, browser)).toMatchObject({ status: 404 });
    expect(await server().call('GET', '/version', undefined, { 'User-Agent': 'curl Mozilla/5.0' })).toMatchObject({ status: 200 });
  });

  test.each([
    ['GET', '/proxies/none'],
    ['PATCH', '/proxies/none'],
    ['POST', '/proxies/none'],
    ['DELETE', '/proxies/none'],
    ['GET', '/proxies/none/toxics'],
    ['POST', '/proxies/none/toxics'],
    ['GET', '/proxies/none/toxics/t'],
    ['PATCH', '/proxies/none/toxics/t'],
    ['DELETE', '/proxies/none/toxics/t'],
  ])('%s %s: proxy not found', async (method, path) => {
    const body = method === 'GET' || method === 'DELETE' ? undefined : '{';
    expect(await call(method, path, body)).toMatchObject({ status: 404, type: ERROR_TYPE, text: error('proxy not found', 404) });
  });

  describe('a body that is not what it should be', () => {
    test.each([
      ['', 'EOF'],
      ['  ', 'EOF'],
      ['{', 'unexpected EOF'],
      ['{"name":"x"', 'unexpected EOF'],
      ['tru', 'unexpected EOF'],
      ['-', 'unexpected EOF'],
      ['nope', "invalid character 'o' in literal null (expecting 'u')"],
      ["'", "invalid character '\\'' looking for beginning of value"],
      ['é', "invalid character 'Ã' looking for beginning of value"],
      ['\u0001', "invalid character '\\x01' looking for beginning of value"],
      ['{1:2}', "invalid character '1' looking for beginning of object key string"],
      ['{"a" 1}', "invalid character '1' after object key"],
      ['{"a":1 "b":2}', "invalid character '\"' after object key:value pair"],
      ['[1 2]', "invalid character '2' after array element"],
      ['"a\\q"', "invalid character 'q' in string escape code"],
      ['"a\\u12x"', "invalid character 'x' in \\u hexadecimal character escape"],
      ['"a\nb"', "invalid character '\\n' in string literal"],
      ['1.x', "invalid character 'x' after decimal point in numeric literal"],
      ['1E+x', "invalid character 'x' in exponent of numeric literal"],
      ['-x', "invalid character 'x' in numeric literal"],
      ['[]', 'json: cannot unmarshal array into Go value of type toxiproxy.Proxy'],
      ['01', 'json: cannot unmarshal number into Go value of type toxiproxy.Proxy'],
      ['{"name":5}', 'json: cannot unmarshal number into Go struct field Proxy.name of type string'],
      ['{"enabled":"yes","listen":4}', 'json: cannot unmarshal string into Go struct field Proxy.enabled of type bool'],
    ])('%j', async (body, reason) => {
      expect(await call('POST', '/proxies', body)).toMatchObject({ status: 400, type: ERROR_TYPE, text: bad(reason) });
    });

    test.each([
      ['null', 'name'],
      ['{}', 'name'],
      ['{"upstream":"a"}', 'name'],
      ['{"NAME":"a"} and more', 'upstream'],
    ])('%j misses a field', async (body, field) => {
      expect(await call('POST', '/proxies', body)).toMatchObject({ status: 400, text: error(`missing required field: ${field}`, 400) });
    });
  });

  describe('proxies', () => {
    test('creation answers 201 and the proxy, fields in order', async () => {
      const { status, type, text } = await call('POST', '/proxies', off('p<1>'));
      expect([status, type]).toEqual([201, 'application/json']);
      expect(text).toBe(
        '{"name":"p\\u003c1\\u003e","listen":"127.0.0.1:1","upstream":"127.0.0.1:2","enabled":false,"Logger":{},"toxics":[]}',
      );
    });

    test('one name is one proxy', async () => {
      await call('POST', '/proxies', off('p'));
      expect(await call('POST', '/proxies', off('p'))).toMatchObject({ status: 409, text: error('proxy already exists', 409) });
    });

    test('the index is sorted by name', async () => {
      for (const name of ['b', 'ä', 'a', 'B']) await call('POST', '/proxies', off(name));
      expect(Object.keys((await call('GET', '/proxies')).json)).toEqual(['B', 'a', 'b', 'ä']);
    });

    test('a proxy without an address listens on every interface', async () => {
      const { json } = await call('POST', '/proxies', { name: 'p', upstream: 'x:1' });
      expect(json.listen).toMatch(/^\[::\]:\d+$/);
      await client(Number(json.listen.split(':').pop()));
    });

    test.each([
      ['foo', 'listen tcp: address foo: missing port in address'],
      ['a:b:c', 'listen tcp: address a:b:c: too many colons in address'],
      ['[::1', "listen tcp: address [::1: missing ']' in address"],
      ['127.0.0.1:99999', 'listen tcp: address 99999: invalid port'],
      ['127.0.0.1:abc', 'listen tcp: lookup tcp/abc: unknown port'],
      ['203.0.113.7:80', 'listen tcp 203.0.113.7:80: bind: cannot assign requested address'],
    ])('it cannot listen on %s', async (listen, message) => {
      expect(await call('POST', '/proxies', { name: 'p', listen, upstream: 'x:1' })).toMatchObject({
        status: 500,
        text: error(message, 500),
      });
      expect(await call('GET', '/proxies/p')).toMatchObject({ status: 404 });
    });

    test('a port in use is an error, on creation and on update, and the proxy stays disabled', async () => {
      const owner = createServer().listen(0, '127.0.0.1');
      await once(owner, 'listening');
      const listen = `127.0.0.1:${(owner.address() as { port: number }).port}`;
      const text = error(`listen tcp ${listen}: bind: address already in use`, 500);
      expect(await call('POST', '/proxies', { name: 'p', listen, upstream: 'x:1' })).toMatchObject({ status: 500, type: ERROR_TYPE, text });
      await call('POST', '/proxies', { name: 'p', listen: '127.0.0.1:0', upstream: 'x:1' });
      expect(await call('PATCH', '/proxies/p', { listen })).toMatchObject({ status: 500, text });
      expect((await call('GET', '/proxies/p')).json).toMatchObject({ listen, enabled: false });
      owner.close();
    });

    test('updates change what they name, by PATCH and by POST', async () => {
      await call('POST', '/proxies', off('p'));
      expect((await call('PATCH', '/proxies/p', { upstream: 'y:2' })).json).toMatchObject({
        listen: '127.0.0.1:1',
        upstream: 'y:2',
        enabled: false,
      });
      const port = await freePort();
      const moved = await call('POST', '/proxies/p', { listen: `localhost:${port}`, enabled: true, name: 'other' });
      expect(moved.json).toMatchObject({ name: 'p', listen: `127.0.0.1:${port}`, enabled: true });
      expect((await call('PATCH', '/proxies/p', { listen: `localhost:${port}` })).json.enabled).toBe(true);
      expect(await call('PATCH', '/proxies/p', { listen: 'foo' })).toMatchObject({
        status: 500,
        text: error('address foo: missing port in address', 500),
      });
      expect(await call('PATCH', '/proxies/p', '')).toMatchObject({ status: 400, text: bad('EOF') });
    });

    test('deletion answers 204 without a body, and 404 the second time', async () => {
      await call('POST', '/proxies', off('a b'));
      expect(await call('DELETE', '/proxies/a%20b')).toMatchObject({ status: 204, text: '' });
      expect(await call('DELETE', '/proxies/a%20b')).toMatchObject({ status: 404 });
    });
  });

  describe('populate', () => {
    test.each([
      ['', 400, 'bad request body: EOF'],
      [
        '{}',
        400,
        'bad request body: json: cannot unmarshal object into Go value of type []struct { toxiproxy.Proxy; Enabled *bool "json:\\"enabled\\"" }',
      ],
      [
        '[5]',
        400,
        'bad request body: json: cannot unmarshal number into Go value of type struct { toxiproxy.Proxy; Enabled *bool "json:\\"enabled\\"" }',
      ],
      ['[{"name":5}]', 400, 'bad request body: json: cannot unmarshal number into Go struct field .Proxy.name of type string'],
      [
        '[{"name":"a","upstream":"b","enabled":"x"}]',
        400,
        'bad request body: json: cannot unmarshal string into Go struct field .enabled of type bool',
      ],
      ['[{}]', 400, 'missing required field: name at proxy 1'],
      ['[{"name":"a","upstream":"b"},{"name":"b"}]', 400, 'missing required field: upstream at proxy 2'],
    ])('%j makes no proxy', async (body, status, message) => {
      const { type, text, ...answer } = await call('POST', '/populate', body);
      expect([answer.status, type]).toEqual([status, 'application/json']);
      expect(text).toBe(`{"error":${JSON.stringify(message)},"status":${status},"proxies":null}`);
      expect((await call('GET', '/proxies')).text).toBe('{}');
    });

    test('an empty list is fine', async () => {
      expect(await call('POST', '/populate', '[]')).toMatchObject({ status: 201, text: '{"proxies":null}' });
    });

    test('what stood before the entry that fails stays', async () => {
      const listen = `127.0.0.1:${await freePort()}`;
      const { status, json } = await call('POST', '/populate', [
        { name: 'a', upstream: 'x:1', listen },
        { name: 'b', upstream: 'x:1', listen },
        { name: 'c', upstream: 'x:1' },
      ]);
      expect([status, json.error]).toEqual([500, `listen tcp ${listen}: bind: address already in use`]);
      expect(json.proxies.map((proxy: { name: string }) => proxy.name)).toEqual(['a']);
      expect(Object.keys((await call('GET', '/proxies')).json)).toEqual(['a']);
    });

    test('a proxy that does not differ keeps its toxics, one that does is replaced', async () => {
      const listen = `127.0.0.1:${await freePort()}`;
      await call('POST', '/populate', [{ name: 'a', upstream: 'x:1', listen }]);
      await call('POST', '/proxies/a/toxics', { type: 'latency' });
      const same = await call('POST', '/populate', [{ name: 'a', upstream: 'x:1', listen, enabled: false }]);
      expect([same.json.proxies[0].enabled, same.json.proxies[0].toxics.length]).toEqual([true, 1]);
      const other = await call('POST', '/populate', [{ name: 'a', upstream: 'y:1', listen }]);
      expect([other.json.proxies[0].upstream, other.json.proxies[0].toxics.length]).toEqual(['y:1', 0]);
    });
  });

  describe('toxics', () => {
    beforeEach(async () => {
      await call('POST', '/proxies', off('p'));
    });

    test.each([
      ['latency', '{"latency":0,"jitter":0}'],
      ['bandwidth', '{"rate":0}'],
      ['slow_close', '{"delay":0}'],
      ['timeout', '{"timeout":0}'],
      ['reset_peer', '{"timeout":0}'],
      ['slicer', '{"average_size":0,"size_variation":0,"delay":0}'],
      ['limit_data', '{"bytes":0}'],
      ['noop', '{}'],
    ])('%s: defaults', async (type, attributes) => {
      const text = `{"attributes":${attributes},"name":"${type}_downstream","type":"${type}","stream":"downstream","toxicity":1}`;
      expect(await call('POST', '/proxies/p/toxics', { type })).toMatchObject({ status: 200, type: 'application/json', text });
      expect(await call('GET', `/proxies/p/toxics/${type}_downstream`)).toMatchObject({ status: 200, text });
      expect(await call('GET', '/proxies/p/toxics')).toMatchObject({ status: 200, text: `[${text}]` });
      expect(await call('DELETE', `/proxies/p/toxics/${type}_downstream`)).toMatchObject({ status: 204, text: '' });
      expect(await call('DELETE', `/proxies/p/toxics/${type}_downstream`)).toMatchObject({
        status: 404,
        text: error('toxic not found', 404),
      });
    });

    test.each([
      ['{}', 'invalid toxic type'],
      ['null', 'invalid toxic type'],
      ['{"type":"Latency"}', 'invalid toxic type'],
      ['{"type":"nope","stream":"sideways"}', 'stream was invalid, can be either upstream or downstream'],
      ['{"type":"latency","stream":""}', 'stream was invalid, can be either upstream or downstream'],
      ['', 'bad request body: EOF'],
      ['[1]', 'bad request body: json: cannot unmarshal array into Go value of type toxics.ToxicWrapper'],
      ['{"type":5}', 'bad request body: json: cannot unmarshal number into Go struct field ToxicWrapper.type of type string'],
      [
        '{"type":"latency","toxicity":1e60}',
        'bad request body: json: cannot unmarshal number 1e60 into Go struct field ToxicWrapper.toxicity of type float32',
      ],
      [
        '{"type":"latency","attributes":[]}',
        'bad request body: json: cannot unmarshal array into Go struct field ToxicWrapper.attributes of type toxics.NoopToxic',
      ],
      [
        '{"type":"latency","attributes":{"latency":"x"}}',
        'bad request body: json: cannot unmarshal string into Go struct field LatencyToxic.attributes.latency of type int64',
      ],
      [
        '{"type":"slicer","attributes":{"delay":1.5}}',
        'bad request body: json: cannot unmarshal number 1.5 into Go struct field SlicerToxic.attributes.delay of type int',
      ],
      [
        '{"type":"timeout","attributes":{"timeout":1e3}}',
        'bad request body: json: cannot unmarshal number 1e3 into Go struct field TimeoutToxic.attributes.timeout of type int64',
      ],
    ])('%s is refused', async (body, message) => {
      expect(await call('POST', '/proxies/p/toxics', body)).toMatchObject({ status: 400, type: ERROR_TYPE, text: error(message, 400) });
      expect((await call('GET', '/proxies/p/toxics')).text).toBe('[]');
    });

    test('a name is given once per proxy, in either stream', async () => {
      await call('POST', '/proxies/p/toxics', { type: 'latency', name: 't', stream: 'upstream' });
      expect(await call('POST', '/proxies/p/toxics', { type: 'noop', name: 't' })).toMatchObject({
        status: 409,
        text: error('toxic already exists', 409),
      });
    });

    test('upstream toxics are listed first, streams keep their spelling, toxicity is a 32-bit float', async () => {
      await call('POST', '/proxies/p/toxics', { type: 'bandwidth', toxicity: 0.123456789 });
      await call('POST', '/proxies/p/toxics', { type: 'latency', stream: 'UPSTREAM', toxicity: 0.1 });
      const { json } = await call('GET', '/proxies/p');
      expect(json.toxics.map((toxic: { name: string; toxicity: number }) => [toxic.name, toxic.toxicity])).toEqual([
        ['latency_UPSTREAM', 0.1],
        ['bandwidth_downstream', 0.12345679],
      ]);
    });

    test('an update changes attributes one by one, and toxicity, but no name, type or stream', async () => {
      await call('POST', '/proxies/p/toxics', { type: 'latency', name: 't', attributes: { latency: 5, jitter: 2 } });
      const { status, json } = await call('PATCH', '/proxies/p/toxics/t', {
        attributes: { latency: 7 },
        toxicity: 0.5,
        name: 'u',
        type: 'noop',
        stream: 'upstream',
      });
      expect(status).toBe(200);
      expect(json).toEqual({ attributes: { latency: 7, jitter: 2 }, name: 't', type: 'latency', stream: 'downstream', toxicity: 0.5 });
      const unchanged = await call('POST', '/proxies/p/toxics/t', {});
      expect(unchanged.json).toEqual(json);
      expect(await call('PATCH', '/proxies/p/toxics/none', '{')).toMatchObject({ status: 404, text: error('toxic not found', 404) });
      expect(await call('PATCH', '/proxies/p/toxics/t', { attributes: 5 })).toMatchObject({
        status: 400,
        text: bad('json: cannot unmarshal number into Go struct field .attributes of type toxics.LatencyToxic'),
      });
    });

    betterThanReal('an update that is refused changes nothing', async () => {
      await call('POST', '/proxies/p/toxics', { type: 'latency', name: 't', attributes: { latency: 5 } });
      expect((await call('PATCH', '/proxies/p/toxics/t', { attributes: { jitter: 9, latency: 'x' } })).status).toBe(400);
      expect((await call('GET', '/proxies/p/toxics/t')).json.attributes).toEqual({ latency: 5, jitter: 0 });
    });
  });

  test('a client that sends half a request and goes away harms nobody', async () => {
    const { port } = new URL(server().url);
    const socket = connect(Number(port), '127.0.0.1');
    await once(socket, 'connect');
    socket.write('POST /proxies HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{');
    socket.destroy();
    expect((await call('GET', '/proxies')).status).toBe(200);
  });
});
