/** What became of the operations: outcomes that were recorded with more certainty than there was, and histories in which little happened. */
import type { Event } from '../../harness/history/event.ts';
import type { Operation } from '../../harness/history/operation.ts';
import type { Footprint } from '../models/footprint.ts';
import { canonical, show } from '../models/values.ts';
import { counted, createTally, type LintFinding, noteOperation, overall, percent, told } from './finding.ts';

/** O(n). Assumes at least one operation. */
export const lintOutcomes = (operations: readonly Operation[], footprint: Footprint, workload: string): readonly LintFinding[] => [
  ...timeoutsAsFail(operations, footprint),
  ...whatSucceeded(operations, footprint, workload),
  ...sameAnswer(operations, footprint, workload),
  ...shares(operations),
];

/** Words of errors after which nobody knows whether the request took effect. */
const openEnded =
  /time[- _]?d?[- _]?out|deadline|etimedout|econnreset|epipe|broken pipe|hang ?up|(connection|stream|socket)[- _]?(was |is |has been )?(re?set|lost|closed|aborted|dropped|broken)|(unexpected|premature) (eof|end)|\beof\b|interrupted|no (response|reply|answer)/i;

/** Words that settle it after all: the request never left, or the server itself gave it up and took it back. */
const settled =
  /before (it was )?sen[dt]|not[- _]sent|never sent|connect (etimedout|timed? ?out)|(dial|connect(ing|ion attempt)?)\b.*time[- ]?d?[- ]?out|refused|lock[- _](wait[- _])?timeout|(statement|query) (timeout|.*cancel)|cancel(l?ing|l?ed) (statement|query)|roll(ed|ing)?[- ]?back|pool/i;

/** A name from a table of errors, as `no-leader`: whoever wrote the table knew what it means, and the words beside it are for people. */
const fromTable = /^(?!error$|unknown$|exception$|failure$|fail$)[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

const wordsOf = (event: Event | undefined): string => {
  const error = event?.error;
  if (error === undefined) return '';
  if (typeof error === 'string') return error;
  return fromTable.test(error.name) ? error.name : `${error.name} ${error.message}`;
};

/** A read that failed changes nothing, and neither does a transaction in which there is nothing but reads. */
const mayChange = (operation: Operation, footprint: Footprint): boolean => {
  const { f, value } = operation.invoke;
  if (footprint.asking.includes(f)) return false;
  if (f !== 'txn') return true;
  return !Array.isArray(value) || value.some(step => Array.isArray(step) && step[0] !== 'r' && step[0] !== 'read');
};

const timeoutsAsFail = (operations: readonly Operation[], footprint: Footprint): readonly LintFinding[] => {
  const tally = createTally();
  let example = '';
  for (const operation of operations) {
    if (operation.type !== 'fail' || !mayChange(operation, footprint)) continue;
    const words = wordsOf(operation.completion);
    if (words === '' || !openEnded.test(words) || settled.test(words)) continue;
    if (tally.count === 0) example = words.length > 60 ? `${words.slice(0, 59)}…` : words;
    noteOperation(tally, operation);
  }
  return told(
    'timeout-as-fail',
    'warning',
    tally,
    count =>
      `${counted(count, 'operation')} that may change something failed with an error that leaves the outcome open (${show(example)}). Fail means that it did not happen and never will; if one of these did happen, the system is accused of what it did not do, or acquitted of what it did. Record info unless the server itself said no.`,
  );
};

const whatSucceeded = (operations: readonly Operation[], footprint: Footprint, workload: string): readonly LintFinding[] => {
  const succeeded = operations.filter(({ type }) => type === 'ok');
  if (succeeded.length === 0)
    return [
      overall(
        'nothing-succeeded',
        'warning',
        `None of ${counted(operations.length, 'operation')} succeeded: any system would have passed. Look at the errors, then at the client's settings.`,
      ),
    ];
  if (!observing.has(workload)) return [];
  const findings: LintFinding[] = [];
  const shows = (operation: Operation): boolean => {
    let any = footprint.asking.includes(operation.invoke.f);
    footprint.saw(operation, () => {
      any = true;
    });
    return any;
  };
  if (!succeeded.some(shows))
    findings.push(
      overall(
        'nothing-read',
        'warning',
        'No operation that succeeded shows what was there, so nothing can contradict anything. Add reads to the workload, and a few at the very end.',
      ),
    );
  if (!succeeded.some(operation => mayChange(operation, footprint)) && workload !== 'leader-election')
    findings.push(
      overall('nothing-written', 'warning', 'Nothing that changes anything succeeded: every read had only the beginning to show.'),
    );
  return findings;
};

/** Those whose answers are known here well enough to say that there are none. */
const observing = new Set([
  ...['register', 'multi-register', 'rw-register', 'long-fork', 'list-append', 'kv', 'set', 'broadcast', 'queue', 'log'],
  ...['counter', 'monotonic', 'bank'],
]);

/** Where what is read follows from what was written, and from nothing else. */
const telling = new Set(['register', 'kv', 'set', 'counter', 'monotonic', 'bank']);
const fewestReads = 10;
const fewestWrites = 10;

const sameAnswer = (operations: readonly Operation[], footprint: Footprint, workload: string): readonly LintFinding[] => {
  if (!telling.has(workload)) return [];
  const answers = new Set<string>();
  let reads = 0;
  let writes = 0;
  let firstWritten: Operation | undefined;
  for (const operation of operations) {
    if (operation.type !== 'ok') continue;
    if (mayChange(operation, footprint)) {
      writes++;
      firstWritten ??= operation;
      continue;
    }
    // What was asked for before anything was written has nothing to show.
    if (firstWritten === undefined || answers.size > 1) continue;
    reads++;
    const { value } = operation.completion!;
    answers.add(canonical(value));
  }
  if (reads < fewestReads || writes < fewestWrites || answers.size !== 1) return [];
  return [
    overall(
      'same-answer',
      'warning',
      `All ${reads} reads were answered ${[...answers][0]}, although ${counted(writes, 'operation')} that change something succeeded. Either the client does not read what it writes (another key, table or node), or the recording lost the answers.`,
    ),
  ];
};

const mostUnknown = 0.5;
const mostFailed = 0.9;
/** Too few to speak of shares. */
const fewest = 20;

const shares = (operations: readonly Operation[]): readonly LintFinding[] => {
  if (operations.length < fewest) return [];
  const unknown = operations.filter(({ type }) => type === 'info').length / operations.length;
  const plain = operations.filter(({ invoke }) => invoke.f !== 'cas');
  const failed = plain.filter(({ type }) => type === 'fail').length / plain.length;
  const findings: LintFinding[] = [];
  if (unknown > mostUnknown)
    findings.push(
      overall(
        'mostly-unknown',
        'warning',
        `The outcome of ${percent(unknown)} of the operations is unknown. What may have happened or not excuses nearly any answer. Give the client a longer time limit, or the system fewer or shorter faults.`,
      ),
    );
  if (plain.length >= fewest && failed > mostFailed && failed < 1)
    findings.push(
      overall(
        'mostly-failed',
        'warning',
        `${percent(failed)} of the operations failed (cas aside): hardly anything was tested. Look at the errors.`,
      ),
    );
  return findings;
};
