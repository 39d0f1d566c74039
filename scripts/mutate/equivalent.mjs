// Breaks that no test can notice, because they change no verdict and no explanation. A break is named by its line, as it stands, and what became of it.

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
];
