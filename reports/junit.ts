/** Results as JUnit XML, which every CI server shows: a suite per run, a test case per check. */

import { visible } from '../harness/history/drawing/operation-label.ts';
import type { Results } from './contract.ts';
import { wordBroken, wordVerdict } from './wording.ts';

/** A violation is a failure; a check that could not decide is an error. Pure; the same results give the same bytes. */
export const renderJUnit = (runs: readonly Results[]): string => {
  const suites = runs.map(suite).join('\n');
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="ordeal">\n${suites}\n</testsuites>\n`;
};

const suite = (results: Results): string => {
  const { system, workload, seed, checks, durationMs, startedAt } = results;
  const { headline, seen, tested } = wordVerdict(results);
  const failures = checks.filter(({ valid }) => valid === false).length;
  const errors = checks.filter(({ valid }) => valid === 'unknown').length;
  const attributes = {
    name: `${system}-${workload} seed ${seed}`,
    tests: checks.length,
    failures,
    errors,
    skipped: 0,
    time: seconds(durationMs),
    timestamp: startedAt,
  };
  const cases = checks.map(check => testCase(results, check)).join('\n');
  const output = [headline, seen, tested, results.command, results.folder].map(escapeXml).join('\n');
  return `  <testsuite${list(attributes)}>\n${cases}\n    <system-out>${output}</system-out>\n  </testsuite>`;
};

const testCase = ({ system, workload }: Results, check: Results['checks'][number]): string => {
  const attributes = list({ classname: `ordeal.${system}.${workload}`, name: check.model, time: seconds(check.elapsedMs) });
  if (check.valid === true) return `    <testcase${attributes}/>`;
  const { anomalies, unknown = 'it could not be decided' } = check;
  const told = anomalies.map(
    ({ type, key, operations, explanation }) =>
      `${type}${key === undefined ? '' : ` on key ${key}`}: ${explanation} (operations ${operations.join(', ')})`,
  );
  const [element, message] =
    check.valid === 'unknown'
      ? ['error', unknown]
      : ['failure', `${system} ${wordBroken([check.model])}: ${anomalies[0]?.type ?? 'a contradiction was found'}`];
  const body = (told.length > 0 ? told : [message]).map(escapeXml).join('\n');
  return `    <testcase${attributes}>\n      <${element}${list({ message, type: anomalies[0]?.type ?? element })}>${body}</${element}>\n    </testcase>`;
};

const seconds = (ms: number): string => (ms / 1000).toFixed(3);

const list = (attributes: Readonly<Record<string, string | number>>): string =>
  Object.entries(attributes)
    .map(([name, value]) => ` ${name}="${escapeXml(String(value))}"`)
    .join('');

/** Text as XML 1.0 text or attribute value. Characters that XML forbids (control characters, lone surrogates) come as their code points. */
export const escapeXml = (text: string): string =>
  visible(text)
    .replace(
      /[\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g,
      mark => `\\u${mark.charCodeAt(0).toString(16)}`,
    )
    .replace(/[&<>"']/g, mark => `&#${mark.charCodeAt(0)};`);
