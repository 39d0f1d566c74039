import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Node, scanJson } from './scan.ts';

const scan = (text: string) => scanJson(Buffer.from(text));

function plain(node: Node): unknown {
  switch (node.kind) {
    case 'object':
      return Object.fromEntries(node.members.map(([key, value]) => [key, plain(value)]));
    case 'array':
      return node.items.map(plain);
    case 'number':
      return Number(node.text);
    case 'null':
      return null;
    default:
      return node.value;
  }
}

test('whatever JSON.stringify writes is read as it was meant', () => {
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }), fc.constantFrom(undefined, 1, '\t'), (value, space) => {
      const text = JSON.stringify(value, null, space);
      expect(plain(scan(text))).toEqual(JSON.parse(text));
    }),
  );
});

test('whatever JSON.parse takes is taken, and what it refuses at the first value is refused', () => {
  const soup = fc
    .array(fc.constantFrom(...'{}[],:"\\u0aeE+-.1x tn', 'true', 'null', '"a"', '12'), { maxLength: 8 })
    .map(parts => parts.join(''));
  fc.assert(
    fc.property(soup, text => {
      let parsed: unknown;
      try {
        parsed = JSON.parse(text);
      } catch {
        return;
      }
      expect(plain(scan(text))).toEqual(parsed);
    }),
    { numRuns: 2000 },
  );
});

test('every proper prefix of a document ends unexpectedly', () => {
  const text = '{"a":[1,-2.5e+3,{"b":"\\u00e9\\n"}],"c":null,"d":true}';
  for (let length = 1; length < text.length; length++) expect(() => scan(text.slice(0, length))).toThrow('unexpected EOF');
});

test('stops after the first value', () => {
  expect(plain(scan('{"a":1} and more'))).toEqual({ a: 1 });
});

test.each([
  ['', 'EOF'],
  ['@', "invalid character '@' looking for beginning of value"],
  ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
  ['[1,]', "invalid character ']' looking for beginning of value"],
  ['falsy', "invalid character 'y' in literal false (expecting 'e')"],
  ['\u007f', "invalid character '\\x7f' looking for beginning of value"],
  ['\u00a0', "invalid character 'Â' looking for beginning of value"],
])('%j: %s', (text, message) => {
  expect(() => scan(text)).toThrow(new Error(message));
});

test('depth is bounded, not the stack', () => {
  expect(() => scan('['.repeat(100_000))).toThrow('exceeded max depth');
});
