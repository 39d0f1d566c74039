/**
 * Finds the place in a line of JSON: where it stops being JSON, or where a member's value begins. Only asked once something is known to be
 * wrong, because JSON.parse is faster and its messages name no reliable position.
 */

/** What the grammar wanted, and the offset at which it was not there. At the end of the text, the text was cut off. */
export interface SyntaxError {
  readonly offset: number;
  readonly expected: string;
}

export interface Scan {
  readonly error: SyntaxError | undefined;
  /** Offsets of the values of the outermost object, by member name. */
  readonly members: ReadonlyMap<string, number>;
}

/** Deeper than any history, shallower than the stack of whatever walks the values. */
const deepest = 500;

/** Whether a value that parses nests deeper than histories may. O(n), and only for texts long enough. */
export const nestsTooDeep = (text: string): boolean => {
  if (text.length <= 2 * deepest) return false;
  let level = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[{]|[\]}]/g)) {
    if (token === '[' || token === '{') level++;
    else if (token === ']' || token === '}') level--;
    if (level > deepest) return true;
  }
  return false;
};

/** Scans one JSON value that must fill the text. O(n). */
export const scanJson = (text: string): Scan => {
  const members = new Map<string, number>();
  try {
    scanDocument(text, members);
    return { error: undefined, members };
  } catch (thrown) {
    if (thrown instanceof Mismatch) return { error: { offset: thrown.offset, expected: thrown.expected }, members };
    throw thrown;
  }
};

class Mismatch extends Error {
  readonly offset: number;
  readonly expected: string;

  constructor(offset: number, expected: string) {
    super();
    this.offset = offset;
    this.expected = expected;
  }
}

/** What may come next: a value, a member name, or what follows a value. */
const scanDocument = (text: string, members: Map<string, number>): void => {
  const nesting: ('{' | '[')[] = [];
  let at = 0;
  let name = '';

  const space = (): void => {
    while (at < text.length && ' \t\r\n'.includes(text[at]!)) at++;
  };
  const memberName = (): void => {
    const start = at;
    if (text[at] !== '"') throw new Mismatch(at, 'a member name in double quotes');
    at = scanString(text, at);
    if (nesting.length === 1) name = JSON.parse(text.slice(start, at));
    space();
    if (text[at] !== ':') throw new Mismatch(at, '":"');
    at++;
  };
  /** Answers whether the value is complete: false after an opening bracket with something in it. */
  const value = (): boolean => {
    space();
    if (nesting.length === 1 && nesting[0] === '{') members.set(name, at);
    const open = text[at];
    if (open !== '{' && open !== '[') {
      at = scanScalar(text, at);
      return true;
    }
    at++;
    space();
    if (text[at] === (open === '{' ? '}' : ']')) {
      at++;
      return true;
    }
    if (nesting.length === deepest) throw new Mismatch(at - 1, `at most ${deepest} levels`);
    nesting.push(open);
    if (open === '{') memberName();
    return false;
  };
  /** Closes what ends here; answers whether another value follows. */
  const afterValue = (): boolean => {
    space();
    const inside = nesting.at(-1)!;
    if (text[at] === ',') {
      at++;
      space();
      if (inside === '{') memberName();
      return true;
    }
    if (text[at] !== (inside === '{' ? '}' : ']')) throw new Mismatch(at, inside === '{' ? '"," or "}"' : '"," or "]"');
    at++;
    nesting.pop();
    return false;
  };

  for (;;) {
    if (!value()) continue;
    let another = false;
    while (nesting.length > 0 && !another) another = afterValue();
    if (!another) break;
  }
  space();
  if (at < text.length) throw new Mismatch(at, 'the end of the line');
};

const scalars = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
/** Beginnings of scalars, which at the end of a text are scalars cut off. */
const cutScalar = /^(?:t|tr|tru|f|fa|fal|fals|n|nu|nul|-|-?(?:0|[1-9]\d*)(?:\.|(?:\.\d+)?[eE][+-]?))$/;

const scanScalar = (text: string, at: number): number => {
  if (text[at] === '"') return scanString(text, at);
  if (cutScalar.test(text.slice(at, at + 400))) throw new Mismatch(text.length, 'the rest of a value');
  scalars.lastIndex = at;
  if (!scalars.test(text)) throw new Mismatch(at, 'a value');
  return scalars.lastIndex;
};

const escapes = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

const scanString = (text: string, start: number): number => {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') {
    if (text.charCodeAt(at) < 0x20) throw new Mismatch(at, 'an escape instead of a control character');
    if (text[at] !== '\\') {
      at++;
      continue;
    }
    escapes.lastIndex = at;
    if (!escapes.test(text)) throw new Mismatch(text.length - at < 6 && !text.includes('"', at) ? text.length : at, 'an escape sequence');
    at = escapes.lastIndex;
  }
  if (at >= text.length) throw new Mismatch(text.length, 'the rest of a string in double quotes');
  return at + 1;
};
