// `npm run soak -- [--seeds 25] [--first 1] [--nemesis LIST] [flags of ordeal run]`: a healthy system over many seeds. Any exit code but 0 fails.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const ordeal = fileURLToPath(new URL('../dist/harness/cli/main.js', import.meta.url));
const everything = 'partition,latency,bandwidth,reset,slicer,kill,pause,clock';
const { values, positionals } = parseArgs({
  options: {
    seeds: { type: 'string', default: '25' },
    first: { type: 'string', default: '1' },
    nemesis: { type: 'string', default: everything },
  },
  strict: false,
  allowPositionals: true,
});

let failed = 0;
for (let seed = Number(values.first); seed < Number(values.first) + Number(values.seeds); seed++) {
  const args = [
    'run',
    '--nemesis',
    values.nemesis,
    '--interval',
    '2s',
    '--time-limit',
    '25s',
    ...positionals,
    '--seed',
    String(seed),
    '--json',
  ];
  const { status, stdout, stderr } = spawnSync(process.execPath, [ordeal, ...args], { encoding: 'utf8', maxBuffer: 2 ** 28 });
  if (status !== 0) failed++;
  try {
    const { faults, operations, recoveryMs, folder, checks, warnings } = JSON.parse(stdout);
    const effective = faults.filter(fault => fault.effective).length;
    const anomalies = checks.flatMap(check => check.anomalies.map(anomaly => anomaly.type));
    console.log(
      `seed ${seed}: exit ${status}, ${effective}/${faults.length} faults effective, ${JSON.stringify(operations)}, recovery ${recoveryMs} ms ${anomalies} ${folder}`,
    );
    for (const warning of warnings) console.log(`  ${warning}`);
  } catch {
    console.log(`seed ${seed}: exit ${status}\n${stderr}`);
  }
}
console.log(failed === 0 ? 'every seed passed' : `${failed} seeds failed`);
process.exit(failed === 0 ? 0 : 1);
