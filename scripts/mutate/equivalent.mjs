// Breaks that no test can notice, because they change no verdict and no explanation. A break is named by its line, as it stands (with those
// before it, where there are several such lines), and what became of it.

/** @type {readonly (readonly [file: string, line: string, change: string, reason: string])[]} */
export const equivalents = [
  [
    'checkers/properties/set.ts',
    "fates.reduce((longest, fate) => (fate.kind === 'stale' ? Math.max(longest, fate.unseenMs) : longest), 0);",
    'Math.max(longest, fate.unseenMs) -> Math.max(fate.unseenMs, longest)',
    'the larger of two is the same either way round',
  ],
  [
    'checkers/properties/set.ts',
    'operations.reduce<Operation | undefined>((best, one) => (best === undefined || returnOf(one) < returnOf(best) ? one : best), undefined);',
    '< -> <=',
    'no two operations return at the same position',
  ],
  [
    'checkers/properties/broadcast.ts',
    "if (operation.type !== 'ok') continue;",
    "operation.type !== 'ok' -> false",
    'what never returned is not known by the cut either',
  ],
  [
    'checkers/properties/counter.ts',
    'if (highest === undefined || sumOf(operation) > sumOf(highest)) highest = operation;',
    '> -> >=',
    'which of two equal reads is named makes no difference',
  ],
  [
    'checkers/models/register.ts',
    'return expect !== undefined && set !== undefined && sameValue(expect, set);',
    'sameValue(expect, set) -> sameValue(set, expect)',
    'sameness is the same either way round',
  ],
  [
    'checkers/sequential/search.ts',
    'const objectCount = Math.max(0, ...asked.map(({ object }) => object + 1));',
    '0 -> 1',
    'where nothing was asked there is one object more, and nobody touches it',
  ],
  [
    'checkers/read-write/clocks.ts',
    'for (let reach = width; reach < sessions; reach *= width) depth++;',
    '< -> <=',
    'a level of blocks more than needed says the same',
  ],
  [
    'checkers/read-write/door.ts',
    'const own = { start: Int32Array.from({ length: size + 1 }, (_, i) => i), item: session };',
    '1 -> 2',
    'the list too many holds nothing, and a typed array takes no value where there is no place',
  ],
  [
    'checkers/read-write/levels.ts',
    'if (end >= 0 && end !== i && waits[end]! < waits[i]!) return false;\n}\nreturn true;',
    'true -> false',
    'what is all right as it stands is looked at once more, thoroughly, and is all right then',
  ],
  [
    'checkers/read-write/own-views.ts',
    'const own = trace.sessions.item.subarray(trace.sessions.start[s]!, trace.sessions.start[s]! + until + 1);',
    '1 -> 2',
    'one operation more is to be explained: the cycle may go through it, and is one all the same',
  ],
  [
    'checkers/read-write/view.ts',
    'const newest = edges.from.map((_, i) => edges.from[all - 1 - i]!).filter(i => waits[i]! > 0);',
    '0 -> 1',
    'only where the search for a short cycle begins; without any such place it begins everywhere',
  ],
];
