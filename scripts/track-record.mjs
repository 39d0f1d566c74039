// `npm run track-record`: runs the command of every known bug and writes docs/track-record.md with what it found and how soon.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createJiti } from 'jiti';

const ordeal = fileURLToPath(new URL('../dist/harness/cli/main.js', import.meta.url));
const { argumentsOf, knownBugs } = await createJiti(import.meta.url).import('../tests/bugs/known-bugs.ts');
const store = mkdtempSync(join(tmpdir(), 'ordeal-track-'));

const rows = knownBugs.map(known => {
  const args = argumentsOf(known);
  const { status, stdout, stderr } = spawnSync(process.execPath, [ordeal, ...args, '--store', store, '--json'], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (status !== 1) throw new Error(`${args.join(' ')} exited with ${status}\n${stderr}`);
  const results = JSON.parse(stdout);
  const history = readFileSync(join(results.folder, 'history.jsonl'), 'utf8').split('\n');
  const seenMs = anomaly => Math.max(...anomaly.operations.map(index => JSON.parse(history[index]).time / 1e6)) - results.loadStartMs;
  // What clients saw comes before what only the nodes' logs tell.
  const found = results.checks.map(check => check.anomalies.filter(anomaly => anomaly.operations.length > 0));
  const [first] = (found.find(anomalies => anomalies.length > 0) ?? []).sort((a, b) => seenMs(a) - seenMs(b));
  const row = {
    ...known,
    command: `npx ordeal ${args.join(' ')}`,
    type: first.type,
    operations: first.operations.length,
    seenS: seenMs(first) / 1e3,
  };
  console.log(`${row.bug}: ${row.type} after ${row.seenS.toFixed(1)} s`);
  return row;
});

writeFileSync(
  new URL('../docs/track-record.md', import.meta.url),
  `# Track record

Every anomaly that Ordeal has caught, with the command that finds it again. The table is written by \`npm run track-record\`; the same commands
are run by \`tests/bugs\`. Requests and faults repeat from the seed; a real system's timing does not, so the moment of the first violation
varies from machine to machine.

## Bugs of the reference systems

| system | bug | first anomaly | operations that force it | under load for | command |
|---|---|---|---|---|---|
${rows.map(row => `| ${row.system} | ${row.bug} | ${row.type} | ${row.operations} | ${row.seenS.toFixed(1)} s | \`${row.command}\` |`).join('\n')}
`,
);
