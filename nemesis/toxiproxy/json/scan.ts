/**
 * Reads the first JSON value of a request body and stops there, as Go's json.Decoder does: what follows is never looked at,
 * and a mistake is reported in Go's words, because clients and their tests compare them.
 *
 * The body comes as bytes in a latin1 string (one character per byte): Go names the offending *byte*.
 * Numbers keep their text, objects their duplicates and order, so that the shape check can report the first misfit.
 */
export type Node =
  | { readonly kind: 'object'; readonly members: readonly (readonly [string, Node])[] }
  | { readonly kind: 'array'; readonly items: readonly Node[] }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'number'; readonly text: string }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'null' };

export class JsonSyntaxError extends Error {}

const MAX_DEPTH = 2000;

/** The first value of `body`. Throws JsonSyntaxError ("EOF", "unexpected EOF", "invalid character …"). O(n). */
export function scanJson(body: Buffer): Node {
  const text = body.toString('latin1');
  const start = skipSpace(text, 0);
  if (start === text.length) throw new JsonSyntaxError('EOF');
  return new Scanner(text, start).value(0);
}

class Scanner {
  readonly #text: string;
  #at: number;

  constructor(text: string, at: number) {
    this.#text = text;
    this.#at = at;
  }

  value(depth: number): Node {
    if (depth > MAX_DEPTH) throw new JsonSyntaxError('exceeded max depth');
    const c = this.#next();
    if (c === '{') return this.#object(depth);
    if (c === '[') return this.#array(depth);
    if (c === '"') return { kind: 'string', value: this.#string() };
    if (c === 't') return this.#literal('true', { kind: 'bool', value: true });
    if (c === 'f') return this.#literal('false', { kind: 'bool', value: false });
    if (c === 'n') return this.#literal('null', { kind: 'null' });
    if (c === '-' || isDigit(c)) return this.#number(c);
    throw invalid(c, 'looking for beginning of value');
  }

  #object(depth: number): Node {
    const members: [string, Node][] = [];
    let c = this.#next();
    if (c === '}') return { kind: 'object', members };
    for (;;) {
      if (c !== '"') throw invalid(c, 'looking for beginning of object key string');
      const key = this.#string();
      c = this.#next();
      if (c !== ':') throw invalid(c, 'after object key');
      members.push([key, this.value(depth + 1)]);
      c = this.#next();
      if (c === '}') return { kind: 'object', members };
      if (c !== ',') throw invalid(c, 'after object key:value pair');
      c = this.#next();
    }
  }

  #array(depth: number): Node {
    const items: Node[] = [];
    const first = this.#next();
    if (first === ']') return { kind: 'array', items };
    this.#at--;
    for (;;) {
      items.push(this.value(depth + 1));
      const c = this.#next();
      if (c === ']') return { kind: 'array', items };
      if (c !== ',') throw invalid(c, 'after array element');
    }
  }

  /** The rest of a string whose opening quote is read. */
  #string(): string {
    const start = this.#at - 1;
    for (;;) {
      const c = this.#char();
      if (c === '"') break;
      if (c < ' ') throw invalid(c, 'in string literal');
      if (c === '\\') this.#escape();
    }
    return JSON.parse(Buffer.from(this.#text.slice(start, this.#at), 'latin1').toString('utf8')) as string;
  }

  #escape(): void {
    const c = this.#char();
    if (c !== 'u') {
      if (!'"\\/bfnrt'.includes(c)) throw invalid(c, 'in string escape code');
      return;
    }
    for (let i = 0; i < 4; i++) {
      const digit = this.#char();
      if (!/[0-9a-fA-F]/.test(digit)) throw invalid(digit, 'in \\u hexadecimal character escape');
    }
  }

  #number(first: string): Node {
    const start = this.#at - 1;
    let c = first;
    if (c === '-') {
      c = this.#char();
      if (!isDigit(c)) throw invalid(c, 'in numeric literal');
    }
    if (c !== '0') this.#digits();
    if (this.#text[this.#at] === '.') {
      this.#at++;
      this.#digit('after decimal point in numeric literal');
    }
    if (/[eE]/.test(this.#text[this.#at] ?? '')) {
      this.#at++;
      if (/[+-]/.test(this.#text[this.#at] ?? '')) this.#at++;
      this.#digit('in exponent of numeric literal');
    }
    return { kind: 'number', text: this.#text.slice(start, this.#at) };
  }

  #digit(context: string): void {
    const c = this.#char();
    if (!isDigit(c)) throw invalid(c, context);
    this.#digits();
  }

  #digits(): void {
    while (isDigit(this.#text[this.#at] ?? '')) this.#at++;
  }

  #literal(word: string, node: Node): Node {
    for (const expected of word.slice(1)) {
      const c = this.#char();
      if (c !== expected) throw invalid(c, `in literal ${word} (expecting '${expected}')`);
    }
    return node;
  }

  /** The next character that is not white space. */
  #next(): string {
    this.#at = skipSpace(this.#text, this.#at);
    return this.#char();
  }

  #char(): string {
    const c = this.#text[this.#at++];
    if (c === undefined) throw new JsonSyntaxError('unexpected EOF');
    return c;
  }
}

const isDigit = (c: string) => c >= '0' && c <= '9';

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && ' \t\r\n'.includes(text[at]!)) at++;
  return at;
}

const invalid = (c: string, context: string) => new JsonSyntaxError(`invalid character ${quote(c)} ${context}`);

const NAMED: Record<string, string> = {
  "'": "\\'",
  '"': '"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\b': '\\b',
  '\f': '\\f',
  '\v': '\\v',
  '\x07': '\\a',
};

/** A byte in single quotes, as Go prints it. */
function quote(c: string): string {
  const code = c.charCodeAt(0);
  const hex = code.toString(16);
  if (NAMED[c] !== undefined) return `'${NAMED[c]}'`;
  if (code < 0x20 || code === 0x7f) return `'\\x${hex.padStart(2, '0')}'`;
  if ((code >= 0x80 && code <= 0xa0) || code === 0xad) return `'\\u${hex.padStart(4, '0')}'`;
  return `'${c}'`;
}
