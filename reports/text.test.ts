import { describe, expect, test } from 'vitest';
import { syntheticRun } from './testing/synthetic.ts';
import { renderText } from './text.ts';

describe('the verdict on the terminal', () => {
  test('a violation: what is broken, why, its lanes, faults, availability, where the report is and how to repeat it', () => {
    const { results, history } = syntheticRun({ operations: 3000, verdict: false });
    const text = renderText({ results, history, reportPath: 'runs/latest/report.html' });
    expect(text.split('\n').slice(0, 2)).toEqual(['✕ Promise broken', '  raft is not linearizable: stale-read on key r0.']);
    expect(text).toContain('  stale-read on key r0\n  Operation ');
    expect(text).toContain('4 of 5 injected faults took effect');
    expect(text).toMatch(/effective {3}partition 2 of 2 · kill 1 of 1 · clock 0 of 1 · pause 1 of 1/);
    expect(text).toMatch(/served {6}no fault 9\d\.\d %/);
    expect(
      Math.max(
        ...text
          .split('\n')
          .slice(0, -1)
          .map(line => line.length),
      ),
    ).toBeLessThan(120);
    expect(text).toContain('report      runs/latest/report.html');
    expect(text.split('\n').at(-1)).toBe(`  again       ${results.command}`);
    expect(text.split('\n').filter(line => line.startsWith('    p900'))).toEqual([
      '    p9001 n2  |write r0=91|               |read r0=92|',
      '    p9002 n3                |write r0=92|',
      '    p9003 n4                  |write r0=93~~~~~~~~~~~~~~~~~~~~~~~~~~~',
      '    p9004 n5                                           |read r0=91|',
    ]);
  });

  test('a valid run has no anomalies, an undecided one says why', () => {
    const valid = renderText(syntheticRun({ operations: 1000, verdict: true }));
    expect(valid).toMatch(/^✓ Safety held\n {2}No operation on raft contradicted its promise/);
    expect(valid).not.toContain('stale-read');
    expect(renderText(syntheticRun({ operations: 1000, verdict: 'unknown' }))).toContain('ran out of time after 60 s');
  });

  test('only three of many anomalies are told', () => {
    const { results } = syntheticRun({ operations: 1000, verdict: false });
    const [check] = results.checks;
    const anomalies = Array.from({ length: 7 }, () => check!.anomalies[0]!);
    const text = renderText({ results: { ...results, checks: [{ ...check!, anomalies }] } });
    expect(text.match(/stale-read on key r0\n/g)).toHaveLength(3);
    expect(text).toContain('and 4 more anomalies, in the report');
  });

  test('colours are the caller’s, and say good, bad or in doubt', () => {
    const mark = (name: string) => (text: string) => `<${name}>${text}</${name}>`;
    const palette = { good: mark('good'), bad: mark('bad'), warn: mark('warn'), bold: (text: string) => text, dim: (text: string) => text };
    expect(renderText({ ...syntheticRun({ operations: 100, verdict: true }), palette })).toContain('<good>✓ Safety held</good>');
    expect(renderText({ ...syntheticRun({ operations: 100, verdict: false }), palette })).toContain('<bad>✕ Promise broken</bad>');
    expect(renderText({ ...syntheticRun({ operations: 100, verdict: 'unknown' }), palette })).toContain('<warn>? Undecided</warn>');
  });

  test('escape sequences of the system do not reach the terminal', () => {
    const { results, history } = syntheticRun({ operations: 100, verdict: false });
    const evil = '\u001b[2Jgone\u0007';
    const anomalies = [{ ...results.checks[0]!.anomalies[0]!, explanation: evil, key: evil }];
    const infected = { ...results, system: evil, command: evil, checks: [{ ...results.checks[0]!, anomalies }] };
    const text = renderText({ results: infected, history: history.map(event => ({ ...event, node: evil, key: evil })) });
    expect([...text].filter(mark => mark < ' ' && mark !== '\n')).toEqual([]);
    expect(text).toContain('\\u001b[2Jgone');
  });
});

test('a counterexample that is wider than the terminal is not drawn', () => {
  const { results, history } = syntheticRun({ operations: 1000, verdict: false });
  const text = renderText({ results, history, columns: 50 });
  expect(text).not.toContain('|write r0=91|');
  expect(text).toMatch(/ {2}p9001 n2 {2}write r0=91 {2}ok, asked at 13\.500 s/);
});
