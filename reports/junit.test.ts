import { expect, test } from 'vitest';
import { escapeXml, renderJUnit } from './junit.ts';
import { syntheticRun } from './testing/synthetic.ts';

const runOf = (verdict: true | false | 'unknown') => syntheticRun({ operations: 500, verdict }).results;

test('a check that held is a passed case, a violation a failure that names its operations, an undecided one an error', () => {
  const [valid, violated, unknown] = [renderJUnit([runOf(true)]), renderJUnit([runOf(false)]), renderJUnit([runOf('unknown')])];
  expect(valid).toContain('tests="2" failures="0" errors="0"');
  expect(valid).toContain('<testcase classname="ordeal.raft.register" name="linearizable" time="0.412"/>');
  expect(violated).toContain('tests="2" failures="1" errors="0"');
  expect(violated).toMatch(
    /<failure message="raft is not linearizable: stale-read" type="stale-read">stale-read on key r0: .*\(operations \d+, /,
  );
  expect(unknown).toContain('tests="2" failures="0" errors="1"');
  expect(unknown).toContain('<error message="the search on key r3 ran out of time');
});

test('several runs are several suites of one document', () => {
  expect(renderJUnit([runOf(true), runOf(false)]).match(/<testsuite /g)).toHaveLength(2);
});

test('markup, control characters and lone surrogates become text that XML allows', () => {
  expect(escapeXml(`<a b="c">&'`)).toBe('&#60;a b=&#34;c&#34;&#62;&#38;&#39;');
  expect(escapeXml('\u0000\u001b\n\uffff')).toBe('\\u0000\\u001b\\u000a\\uffff');
  expect(escapeXml('\ud83d\ude00 \ud83d \ude00')).toBe('\ud83d\ude00 \\ud83d \\ude00');
});
