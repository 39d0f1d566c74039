// Which tests a checker's file is held against: those of its folder, and those that judge it by its definition.

const weak = [
  'checkers/paper-histories.test.ts',
  'checkers/read-write/findings.test.ts',
  'checkers/read-write/brute-force.test.ts',
  'checkers/read-write/witness.test.ts',
];
const strong = [
  'checkers/linearizable/check.test.ts',
  'checkers/linearizable/counterexample.test.ts',
  'checkers/linearizable/limits.test.ts',
  'checkers/linearizable/brute-force.test.ts',
];

/** The first pattern that fits; quick tests first. Folders stand for all tests in them. */
const table = [
  [/^checkers\/linearizable\/used-sets\.ts$/, ['checkers/linearizable/used-sets.test.ts', ...strong]],
  [/^checkers\/linearizable\/monitors\//, ['checkers/linearizable/monitors/', ...strong]],
  [/^checkers\/linearizable\//, strong],
  [
    /^checkers\/models\//,
    ['checkers/models/', 'checkers/linearizable/counterexample.test.ts', 'checkers/linearizable/brute-force.test.ts'],
  ],
  [/^checkers\/list-append\//, ['checkers/list-append/']],
  [/^checkers\/properties\/queue(-order)?\.ts$/, ['checkers/properties/queue.test.ts', 'checkers/properties/brute-force.test.ts']],
  [
    /^checkers\/properties\/(unique-ids|monotonic)\.ts$/,
    ['checkers/properties/ids-and-monotonic.test.ts', 'checkers/properties/brute-force.test.ts'],
  ],
  [/^checkers\/properties\/property\.ts$/, ['checkers/properties/']],
  [/^checkers\/properties\/([\w-]+)\.ts$/, ['checkers/properties/$1.test.ts', 'checkers/properties/brute-force.test.ts']],
  [/^checkers\/(eventual|staleness)\//, ['checkers/$1/', 'checkers/properties/brute-force.test.ts', 'checkers/lattice.test.ts']],
  [/^checkers\/raft-safety\//, ['checkers/raft-safety/']],
  [/^checkers\/sequential\//, ['checkers/sequential/', ...weak]],
  [/^checkers\/(causal|pram|processor|sessions|read-write)\//, ['checkers/$1/', ...weak]],
  [/^checkers\/(lattice|everything)\.ts$/, ['checkers/lattice.test.ts', 'checkers/library/']],
  [
    /^checkers\/minimise\.ts$/,
    ['checkers/linearizable/counterexample.test.ts', 'checkers/read-write/witness.test.ts', 'checkers/linearizable/check.test.ts'],
  ],
];

/** Undefined: no checker's file. */
export const nearestTests = file => {
  const row = table.find(([pattern]) => pattern.test(file));
  if (row === undefined) return undefined;
  const [, captured = ''] = row[0].exec(file);
  return row[1].map(test => test.replace('$1', captured));
};

/** Not judged here: helpers of tests, tables of names, and prose. */
export const isLeftOut = file =>
  /\.test\.ts$|\/testing\/|\/registry\.ts$|\/vocabulary\.ts$|\/prose\.ts$|\/(library|vitest|lint|power)\//.test(file);
