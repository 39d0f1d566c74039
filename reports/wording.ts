/** The verdict in words: what was promised, what was seen, how much was tested. The same words on the terminal and on the page. */
import type { Results } from './contract.ts';
import { models } from './glossary.ts';
import { counted, duration, listed } from './units.ts';

export type Tone = 'valid' | 'violated' | 'unknown';

export interface Wording {
  readonly tone: Tone;
  /** One word or two: `Safety held`. */
  readonly headline: string;
  /** What was seen, in one sentence. */
  readonly seen: string;
  /** What the system was held to, in one sentence; not every system claims it. */
  readonly promised: string;
  /** How much stands behind it. */
  readonly tested: string;
  /** What limits the verdict, or what went wrong besides; each a sentence. */
  readonly caveats: readonly string[];
}

export const toneOf = (valid: Results['valid']): Tone => (valid === 'unknown' ? 'unknown' : valid ? 'valid' : 'violated');

export const wordVerdict = (results: Results): Wording => {
  const tone = toneOf(results.valid);
  return {
    tone,
    headline: { valid: 'Safety held', violated: 'Promise broken', unknown: 'Undecided' }[tone],
    seen: { valid: seenValid, violated: seenViolated, unknown: seenUnknown }[tone](results),
    promised: wordPromise(results),
    tested: wordTested(results),
    caveats: wordCaveats(results),
  };
};

const judged = (results: Results): string => listed([...new Set(results.checks.map(({ model }) => model))]) || results.model;

const seenValid = (results: Results): string => `No operation on ${results.system} contradicted its promise (${judged(results)}).`;

const seenViolated = (results: Results): string => {
  const broken = results.checks.filter(({ valid }) => valid === false);
  const types = new Map<string, number>();
  const keys = new Set<string>();
  for (const { type, key } of broken.flatMap(({ anomalies }) => anomalies)) {
    types.set(type, (types.get(type) ?? 0) + 1);
    if (key !== undefined) keys.add(String(key));
  }
  const what = listed([...types].map(([type, n]) => (n === 1 ? type : `${type} ×${n}`)));
  const where = keys.size === 0 || keys.size > 3 ? '' : ` on ${keys.size === 1 ? 'key' : 'keys'} ${listed([...keys])}`;
  const models = broken.length === 0 ? [results.model] : [...new Set(broken.map(({ model }) => model))];
  return `${results.system} ${wordBroken(models)}: ${what || 'a contradiction was found'}${where}.`;
};

/** `is not linearizable`, `violates raft-safety`, or both: some models are said of a system, others are had by it. */
export const wordBroken = (models: readonly string[]): string => {
  const [said, had] = [models.filter(isAdjective), models.filter(model => !isAdjective(model))];
  return [...(said.length > 0 ? [`is not ${said.join(' or ')}`] : []), ...(had.length > 0 ? [`violates ${listed(had)}`] : [])].join(
    ' and ',
  );
};

const isAdjective = (model: string): boolean => /(able|al|ent)$/.test(model);

const seenUnknown = (results: Results): string => {
  const open = results.checks.find(({ valid }) => valid === 'unknown');
  const why = open?.unknown === undefined ? '' : ` ${sentence(open.unknown)}`;
  return `No contradiction was found, but not everything could be judged.${why}`;
};

const wordPromise = ({ system, workload, model }: Results): string => {
  const meaning = models[model];
  return `${system} was held to this: its ${workload} is ${model}${meaning === undefined ? '' : `: ${meaning}`}.`;
};

const wordTested = (results: Results): string => {
  const { ok, fail, info } = results.operations;
  const keys = Math.max(0, ...results.checks.map(check => check.keys));
  const seconds = duration(Math.max(0, results.loadEndMs - results.loadStartMs));
  const on = keys > 1 ? ` on ${counted(keys, 'key')}` : '';
  return `${counted(ok + fail + info, 'operation')}${on} in ${seconds} under load on ${counted(results.nodes.length, 'node')}; ${wordFaults(results)}.`;
};

/** What a violated history still satisfies, and the weakest models that it does not; nothing where that was not asked. */
export const wordStanding = ({ satisfies, violates = [] }: Results['checks'][number]): string[] =>
  satisfies === undefined
    ? []
    : [
        `satisfies ${listed(satisfies) || 'none of the weaker models'}${violates.length > 0 ? `, violates ${listed(violates.map(({ model }) => model))}` : ''}`,
      ];

/** `8 of 9 injected faults took effect`, or that there was none. */
export const wordFaults = ({ faults }: Pick<Results, 'faults'>): string => {
  const effective = faults.filter(fault => fault.effective).length;
  if (faults.length === 0) return 'no fault was injected';
  if (effective === faults.length)
    return faults.length === 1 ? 'the one injected fault took effect' : `all ${faults.length} injected faults took effect`;
  return `${effective} of ${counted(faults.length, 'injected fault')} took effect`;
};

const wordCaveats = (results: Results): string[] => {
  const { ok, fail, info } = results.operations;
  const caveats: string[] = [];
  if (ok === 0) caveats.push('Not one operation succeeded, so the verdict says nothing.');
  else if (info > (ok + fail + info) / 2)
    caveats.push('More than half of the operations got no clear answer, which leaves little to judge.');
  const missing = results.nemesis.filter(kind => !results.faults.some(fault => fault.kind === kind && fault.effective));
  if (missing.length > 0)
    caveats.push(
      missing.length === results.nemesis.length
        ? 'No fault was proven to take effect, so the system was not put to the test.'
        : `No ${listed(missing, 'or')} was proven to take effect, so the verdict says nothing about ${missing.length === 1 ? 'it' : 'them'}.`,
    );
  const unhealed = results.faults.filter(({ healed }) => !healed).length;
  if (unhealed > 0) caveats.push(`${counted(unhealed, 'fault was', 'faults were')} not seen to heal.`);
  if (results.recoveryMs === null) caveats.push('Not every node was seen to answer again after the last fault.');
  const exits = results.exits.length;
  if (exits > 0)
    caveats.push(exits === 1 ? 'A node ended although no fault ended it.' : `${exits} times a node ended although no fault ended it.`);
  for (const { valid, model } of results.checks)
    if (valid === 'unknown' && results.valid === false) caveats.push(`The check for ${model} did not finish.`);
  return caveats;
};

const sentence = (text: string): string => {
  const trimmed = text.trim();
  return `${trimmed.charAt(0).toUpperCase()}${trimmed.slice(1)}${/[.!?]$/.test(trimmed) ? '' : '.'}`;
};
