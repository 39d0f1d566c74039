import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { pairOperations } from '../../harness/history/operation.ts';
import { syntheticRun } from '../testing/synthetic.ts';
import { outcomes, unpackColumns } from './columns.ts';
import { mostOperations, type ReportData } from './pack.ts';
import { type ChunkName, chunkId, type Summary } from './payload.ts';
import { dataMarker, escapeHtml, renderReport } from './render.ts';

const template = `<!doctype html><body>${dataMarker}</body>`;
/** What the real template weighs, and some more. */
const templateBytes = 120_000;

const chunk = (html: string, name: ChunkName): Buffer => {
  const encoded = new RegExp(`id="${chunkId(name)}">([^<]*)</script>`).exec(html)![1]!;
  return gunzipSync(Buffer.from(encoded, 'base64'));
};

const read = (html: string) => ({
  summary: JSON.parse(chunk(html, 'summary').toString()) as Summary,
  columns: unpackColumns(chunk(html, 'columns')),
  text: chunk(html, 'text').toString().split('\n'),
});

describe('what goes in comes out', () => {
  const run = syntheticRun({ operations: 3000, verdict: false });
  const { summary, columns, text } = read(renderReport(run, template));
  const operations = pairOperations(run.history);

  test('results and log lines whole', () => {
    expect(summary.results).toEqual(JSON.parse(JSON.stringify(run.results)));
    expect(summary.logs).toEqual(run.logs);
    expect(run.logs.length).toBeGreaterThan(0);
  });

  test('every operation, to the microsecond', () => {
    expect(columns.outcome.length).toBe(operations.length);
    for (const [row, { invoke, completion, type }] of operations.entries()) {
      expect(outcomes[columns.outcome[row]!]).toBe(type);
      expect(columns.startUs[row]).toBe(Math.round(invoke.time / 1000));
      expect(columns.durationUs[row]).toBe(Math.round((completion!.time - invoke.time) / 1000));
      expect(columns.process[row]).toBe(invoke.process);
      expect(columns.invokeIndex[row]).toBe(invoke.index);
      expect(columns.completionIndex[row]).toBe(completion!.index);
      expect(summary.dictionaries.key[columns.key[row]!]).toBe(invoke.key);
      expect(summary.dictionaries.f[columns.f[row]!]).toBe(invoke.f);
      expect(summary.dictionaries.node[columns.node[row]!]).toBe(invoke.node);
      expect(text[2 * row]).toBe(JSON.stringify(invoke.value));
    }
  });

  test('the operations of the anomaly, by the indices that name them', () => {
    expect(summary.accused.map(({ index }) => index).sort((a, b) => a - b)).toEqual(
      [...run.results.checks[0]!.anomalies[0]!.operations].sort((a, b) => a - b),
    );
    expect(summary.accused.at(-1)).toMatchObject({ f: 'read', key: 'r0', value: 'null', result: '91', outcome: 'ok', process: 9004 });
  });

  test('throughput counts each completion once', () => {
    const total = (['ok', 'fail', 'info'] as const).flatMap(type => summary.throughput[type]).reduce((a, b) => a + b, 0);
    expect(total).toBe(operations.length);
  });

  test('a refused compare-and-set is told from other failures', () => {
    const error = { name: 'cas-mismatch', message: 'no' };
    const history = run.history.map(event => (event.type === 'fail' ? { ...event, error } : event));
    const refused = read(renderReport({ ...run, history }, template));
    const failed = operations.filter(({ type }) => type === 'fail').length;
    expect(failed).toBeGreaterThan(0);
    expect(refused.summary.refused).toBe(failed);
    expect([...refused.columns.outcome].filter(outcome => outcomes[outcome] === 'refused')).toHaveLength(failed);
    expect(summary.refused).toBe(0);
  });
});

test('an operation that never completed stays open', () => {
  const { results } = syntheticRun({ operations: 10, verdict: true });
  const history = [{ index: 0, time: 5_000, process: 3, type: 'invoke' as const, f: 'write', value: 1 }];
  const { columns, text } = read(renderReport({ results, history }, template));
  expect(columns.durationUs[0]).toBeNaN();
  expect(columns.completionIndex[0]).toBe(0);
  expect(text).toEqual(['1', '']);
});

test('an empty history makes a page', () => {
  const { results } = syntheticRun({ operations: 10, verdict: true });
  expect(read(renderReport({ results, history: [] }, template)).summary.operations).toBe(0);
});

describe('nothing that the system said is markup', () => {
  const evil = '</script><img src=x onerror=alert(1)>\u2028\u0000';
  const { results, history } = syntheticRun({ operations: 10, verdict: true });
  const infected: ReportData = {
    results: { ...results, system: evil, model: evil, command: evil, warnings: [evil], exits: [{ timeMs: 1, node: evil, reason: evil }] },
    history: history.map(event => ({ ...event, value: evil, key: evil, node: evil, error: { name: evil, message: evil } })),
    logs: [{ node: evil, file: evil, lines: [{ timeMs: 1, text: evil }], omitted: 0 }],
  };
  const html = renderReport(infected, template);

  test('the page has the scripts of the data and no other element of theirs', () => {
    expect(html).not.toContain('<img');
    expect(html.match(/<\/script>/g)).toHaveLength(3);
  });

  test('and the data still says it', () => {
    const { summary, text } = read(html);
    expect(summary.results.system).toBe(evil);
    expect(summary.dictionaries.key).toContain(evil);
    expect(text[0]).toBe(JSON.stringify(evil));
  });

  test('escaped text has no mark left that HTML knows', () => {
    expect(escapeHtml(`<a href='x' title="&">`)).toBe('&#60;a href=&#39;x&#39; title=&#34;&#38;&#34;&#62;');
  });
});

test('the same input gives the same bytes', () => {
  const render = () => renderReport(syntheticRun({ operations: 2000, verdict: false }), template);
  expect(render()).toBe(render());
});

test('a template without a place for the data is refused', () => {
  const run = syntheticRun({ operations: 10, verdict: true });
  expect(() => renderReport(run, '<html></html>')).toThrow('no place for its data');
});

describe('size', () => {
  const big = syntheticRun({ operations: 100_000, verdict: false, durationMs: 60_000 });

  test('100,000 operations stay under 2 MB, with all of their values', () => {
    const html = renderReport(big, template);
    expect(html.length + templateBytes).toBeLessThan(2_000_000);
    expect(read(html).summary.valueLimit).toBeGreaterThanOrEqual(40);
  });

  test('values that do not compress are cut until the page is small enough, but not those of an anomaly', () => {
    let state = 1;
    const noise = () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state.toString(36);
    };
    const history = big.history.map(event => ({ ...event, value: Array.from({ length: 20 }, noise).join('') }));
    const html = renderReport({ ...big, history }, template);
    const { summary } = read(html);
    expect(html.length + templateBytes).toBeLessThan(2_000_000);
    expect(summary.valueLimit).toBeLessThan(40);
    expect(summary.accused.at(-1)!.result!.length).toBeGreaterThan(80);
  });

  test('error messages that differ each time are told by their name in the end', () => {
    const { results, history } = syntheticRun({ operations: 5000, verdict: true });
    const noisy = history.map(event => ({ ...event, type: event.type === 'invoke' ? event.type : ('fail' as const) }));
    const failing = noisy.map(event =>
      event.type === 'fail' ? { ...event, error: { name: 'reset', message: `port ${event.index}` } } : event,
    );
    const { summary, columns } = read(renderReport({ results, history: failing }, template));
    expect(summary.dictionaries.error.length).toBeLessThan(1010);
    expect(summary.dictionaries.error[columns.error[1]!]).toMatch(/^reset: port \d+$/);
    expect(summary.dictionaries.error[columns.error.at(-1)!]).toBe('reset');
  });

  test('beyond 300,000 operations a sample is kept, and every operation of an anomaly', () => {
    const history = syntheticRun({ operations: 5000, verdict: true }).history;
    const copies = Math.ceil(mostOperations / 5000) + 5;
    const spanNs = history.at(-1)!.time + 1;
    const many = Array.from({ length: copies }, (_, copy) =>
      history.map(event => ({ ...event, index: event.index + copy * history.length, time: event.time + copy * spanNs })),
    ).flat();
    const completion = many.find(event => event.index > 400_000 && event.type === 'ok')!;
    const anomaly = { type: 'stale-read', operations: [completion.index], explanation: '' };
    const results = { ...big.results, checks: [{ ...big.results.checks[0]!, anomalies: [anomaly] }] };
    const { summary, columns } = read(renderReport({ results, history: many }, template));
    expect(summary.operations).toBe(copies * 5000);
    expect(summary.kept).toBeLessThanOrEqual(mostOperations + 1);
    expect(summary.kept).toBeGreaterThan(mostOperations * 0.99);
    expect(columns.completionIndex).toContain(completion.index);
    const failures = (outcome: string) => [...columns.outcome].filter(at => outcomes[at] === outcome).length;
    for (const outcome of ['fail', 'info'] as const) expect(failures(outcome)).toBe(summary.throughput[outcome].reduce((a, b) => a + b, 0));
    expect(summary.throughput.ok.reduce((a, b) => a + b, 0)).toBeGreaterThan(summary.kept * 0.9);
  });
});
