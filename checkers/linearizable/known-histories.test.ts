/** Recorded histories with known verdicts, from Porcupine's and Knossos's corpora, where they lie beside the project. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Event, History } from '../../harness/history/event.ts';
import { parseHistory } from '../../harness/history/parse-history.ts';
import { projectRoot } from '../../harness/std/paths.ts';
import { linearizable } from './checker.ts';

const folder = join(projectRoot, '..', 'shared', 'histories');
const options = (workload: string) => ({ workload, timeLimitMs: 20_000, memoryLimitBytes: 2 ** 30 });

const listed = (): (readonly string[])[] =>
  readFileSync(join(folder, 'verdicts.tsv'), 'utf8')
    .trim()
    .split('\n')
    .map(line => line.split('\t'))
    .filter(([, , model]) => model === 'linearizable');

const read = (file: string): History => parseHistory(readFileSync(join(folder, file)), file).history;

/** Porcupine's reading of Jepsen's failed cas: it found another value. */
const failuresObserved = (history: History): History =>
  history.map(event => (event.type === 'fail' && event.f === 'cas' ? ({ ...event, type: 'ok', applied: false } as Event) : event));

describe.skipIf(!existsSync(folder))(`known histories (skipped where ${folder} is missing)`, () => {
  test.each(existsSync(folder) ? listed() : [])('%s, %s, %s: %s', (file, workload, _model, verdict) => {
    expect(linearizable.check(read(file!), options(workload!)).valid).toBe(verdict === 'valid');
  });

  test('elle/si-without-g-single.edn is not even snapshot isolated, so not strictly serializable', () => {
    const { valid, anomalies } = linearizable.check(read('elle/si-without-g-single.edn'), options('list-append'));
    expect(valid).toBe(false);
    expect(anomalies[0]!.type).toMatch(/^G2-item|^G-single/);
  });

  test.each(existsSync(folder) ? listed().filter(([file]) => file!.endsWith('.log')) : [])(
    '%s, with failed cas as observations: %4$s',
    (file, workload, _model, verdict) => {
      expect(linearizable.check(failuresObserved(read(file!)), options(workload!)).valid).toBe(verdict === 'valid');
    },
  );
});
