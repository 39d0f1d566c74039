/** From text to a history and back, and a few of its operations as a picture. */
import type { ReadHistory } from '../../harness/history/builder.ts';
import { drawOperations } from '../../harness/history/drawing/draw.ts';
import type { History } from '../../harness/history/event.ts';
import { formatEvent } from '../../harness/history/format.ts';
import { parseHistory as parseBytes } from '../../harness/history/parse-history.ts';
import type { Anomaly, Verdict } from '../../harness/protocol/checker.ts';

/**
 * Reads a history from text or bytes: our JSON lines, Jepsen's EDN or console log, gzipped or not; the format shows in the content. `name` is
 * what errors and warnings call it. Throws a `UserError`, `malformed-history`, with line, column, and what was expected.
 *
 * @example
 * const { history, warnings } = parseHistory('{"process":0,"type":"invoke","f":"write","value":1}\n');
 */
export const parseHistory = (content: string | Uint8Array, name = 'history'): ReadHistory =>
  parseBytes(Buffer.from(content as Uint8Array), name);

/** A history as JSON lines, for `ordeal check` and `parseHistory`. */
export const formatHistory = (history: History): string => history.map(formatEvent).join('');

/**
 * An anomaly for people: its name, its operations as lanes (time goes to the right, `~` is an unknown outcome), and why they contradict each other.
 *
 * @example
 * for (const anomaly of verdict.anomalies) console.log(drawAnomaly(history, anomaly));
 */
export const drawAnomaly = (history: History, { type, key, operations, explanation }: Anomaly): string => {
  const lanes = drawOperations(history, operations).map(line => `  ${line}`);
  const title = key === undefined ? type : `${type}, key ${key}`;
  return [title, '', ...(lanes.length > 0 ? [...lanes, ''] : []), explanation].join('\n');
};

/** A verdict in words: its anomalies as `drawAnomaly` has them, or why nothing is known. */
export const describeVerdict = (history: History, { valid, model, operations, anomalies, unknown }: Verdict): string => {
  if (valid === true) return `${model}: all ${operations} operations agree with it`;
  if (valid === 'unknown') return `${model}: not decided: ${unknown ?? 'no reason was given'}`;
  return `${model}: violated\n\n${anomalies.map(anomaly => drawAnomaly(history, anomaly)).join('\n\n')}`;
};
