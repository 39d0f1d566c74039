/** What a power report means, in words, and what to do about it. */
import type { Coverage } from './coverage.ts';
import type { PowerKind } from './power.ts';

const enough = 0.5;
const fewestKeys = 3;

/** Why faults of this kind would have changed no answer, and what would help. */
const whenSilent: Readonly<Record<string, string>> = {
  'stale read': 'nothing had changed shortly before most reads. Raise the rate, or use fewer keys',
  'lost write': 'most writes were overwritten before anybody read them. Read more, or write less',
  'lost append': 'most of what was appended was never read. Read more, and everything once at the end',
  'lost element': 'most of what was put in was never looked for. Read more, and everything once at the end',
  'lost add': 'hardly anybody read after most adds. Read more, and everything once at the end',
  'doubled add': 'hardly anybody read after most adds. Read more, and everything once at the end',
  'duplicated element': 'hardly anything came out. Take out more, and everything at the end',
  'torn transfer': 'hardly anybody read after most transfers. Read more, and once at the end',
  'read skew': 'balances hardly changed between reads. Raise the rate, or use fewer accounts',
  reordering: 'most reads found the same as the one before. Write more between reads',
  'two holders': 'hardly anybody asked for a lock that somebody else held. Use more processes for fewer locks, or hold them longer',
};

/** Why a changed answer was excused. */
const whenExcused: Readonly<Record<string, string>> = {
  'stale read':
    'writes that were under way, or of unknown outcome, excuse most of the changed answers. Give operations more time, or use fewer clients on a key',
  'dirty read': 'operations of unknown outcome excuse the changed answers',
};

/** One sentence for each kind that would more likely have stayed hidden than not, or one that says that there is none. */
export const sentencesOf = (coverage: Coverage, kinds: readonly PowerKind[]): readonly string[] => {
  const tried = kinds.filter(({ injected }) => injected > 0);
  const weak = tried.filter(({ share }) => share < enough).map(sentence);
  const unread = coverage.faults.filter(({ keysWritten, keysReadAfter }) => keysWritten >= fewestKeys && keysReadAfter < keysWritten / 2);
  return [
    ...weak,
    ...(tried.length > 0 && weak.length === 0
      ? ['Every kind of anomaly that was injected would more likely than not have been caught.']
      : []),
    ...unread.map(
      ({ kind, keysWritten, keysReadAfter }) =>
        `Of ${keysWritten} keys that were written during a ${kind} only ${keysReadAfter} were read within 5 s of its end: what that broke may have gone unseen. Read written keys when a fault is over.`,
    ),
  ];
};

const percent = (part: number): string => `${Math.round(part * 100)} %`;

const sentence = ({ kind, injected, caught, silent, undecided, share, low, high }: PowerKind): string => {
  const missed = injected - caught;
  const why =
    undecided > missed / 2
      ? 'the checker ran out of time. Give it more, or unique values'
      : silent > missed / 2
        ? `in ${silent} of ${injected} no answer would have changed: ${whenSilent[kind] ?? 'nobody looked'}`
        : (whenExcused[kind] ?? 'other operations that were under way excuse the changed answers');
  return `${percent(share)} of injected ${plural(kind)} would have been caught (${percent(low)} to ${percent(high)}): ${why}.`;
};

const plural = (kind: string): string => (kind.endsWith('s') ? kind : `${kind}s`);
