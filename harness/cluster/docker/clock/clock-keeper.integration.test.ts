/** Real programs in real containers: every claim is what the programs themselves say. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Container } from 'dockerode';
import { beforeAll, describe, expect } from 'vitest';
import { sleep, within } from '../../../std/deadline.ts';
import { connectEngine, type Engine } from '../engine.ts';
import { labelsOf, removeRun, undoLabel } from '../run-labels.ts';
import { dockerHere, dockerTest } from '../testing/docker-here.ts';
import { type ClockKeeper, containerOptions, createClockKeeper, ensureClockImage } from './clock-keeper.ts';
import { createHelper } from './helper.ts';
import { type Programs, programsImage, type Said, whyNoGo, withPrograms } from './testing/programs.ts';

const trueTime = { offsetMs: 0, rate: 1 };
const soon = (): AbortSignal => within(10_000);
const withGo = (await whyNoGo()) === undefined;
const names = ['bash', 'glibc', 'glibc-static', ...(withGo ? ['go'] : []), 'musl', 'node', 'perl'];

/** perl knows whole seconds only; a busy machine lets lines wait. */
const slackMs = (program: string): number => (program === 'perl' ? 1000 : 0) + 300;

const expectSkew = (heard: ReadonlyMap<string, Said>, offsetMs: number, programs = names): void => {
  expect([...heard.keys()].sort()).toEqual(programs);
  for (const { program, skewMs } of heard.values()) {
    expect(skewMs - offsetMs, program).toBeGreaterThan(-slackMs(program));
    expect(skewMs - offsetMs, program).toBeLessThan(100);
  }
};

/** Between two hearings every monotonic clock went on like ours. */
const expectTrueMonotonic = (before: ReadonlyMap<string, Said>, after: ReadonlyMap<string, Said>): void => {
  for (const { program, monotonicMs, atMs } of after.values()) {
    const earlier = before.get(program)!;
    if (monotonicMs > 0) expect(Math.abs(monotonicMs - earlier.monotonicMs - (atMs - earlier.atMs)), program).toBeLessThan(300);
  }
};

let image: string;

const withKeeper = (
  engine: Engine,
  body: (keeper: ClockKeeper, programs: Programs) => Promise<void>,
  command?: readonly string[],
): Promise<void> =>
  withPrograms(
    engine,
    image,
    async programs => {
      const troubles: string[] = [];
      const keeper = await createClockKeeper({
        engine,
        run: programs.run,
        node: 'n1',
        containerId: programs.container.id,
        onTrouble: sentence => troubles.push(sentence),
      });
      try {
        await body(keeper, programs);
        expect(troubles).toEqual([]);
      } finally {
        await keeper.close();
      }
    },
    command,
  );

describe('a clock in containers', () => {
  beforeAll(async () => {
    if (!dockerHere) return;
    const engine = await connectEngine();
    await ensureClockImage(engine, () => {});
    image = await programsImage(engine, withGo);
  }, 400_000);

  dockerTest(`jumps, drifts and is set right for every program: ${names.join(', ')}`, engine =>
    withKeeper(engine, async (keeper, { hear }) => {
      await sleep(500); // node and Go start slowly
      const hostBefore = Date.now() - performance.now();
      const before = await hear();
      expectSkew(before, 0);

      for (const offsetMs of [3_600_000, -86_400_250]) {
        await keeper.set({ offsetMs, rate: 1 }, soon());
        const skewed = await hear();
        expectSkew(skewed, offsetMs);
        expectTrueMonotonic(before, skewed);
        const { wallMs } = await keeper.read(soon());
        expect(Math.abs(wallMs - Date.now() - offsetMs)).toBeLessThan(300);
      }

      for (const rate of [2, 0.5]) {
        await keeper.set({ offsetMs: 0, rate }, soon());
        const first = await hear();
        await sleep(1000);
        const second = await hear();
        for (const [program, { skewMs, atMs }] of second) {
          const gained = skewMs - first.get(program)!.skewMs;
          const expected = (atMs - first.get(program)!.atMs) * (rate - 1);
          if (program !== 'perl') expect(Math.abs(gained - expected), `${program} at rate ${rate}`).toBeLessThan(250);
        }
        expectTrueMonotonic(before, second);
      }

      await keeper.set(trueTime, soon());
      const after = await hear();
      expectSkew(after, 0);
      expectTrueMonotonic(before, after);
      for (const program of ['glibc', 'glibc-static', 'musl']) expect(after.get(program)!.sum, program).toBe(before.get(program)!.sum);
      // The host's own clock: gained nothing that its monotonic one did not.
      expect(Math.abs(Date.now() - performance.now() - hostBefore)).toBeLessThan(100);
    }),
  );

  dockerTest('120 changes in a row do no harm to programs under load', engine =>
    withKeeper(
      engine,
      async (keeper, { hear, container }) => {
        for (let i = 0; i < 120; i++)
          await keeper.set(i % 2 === 0 ? { offsetMs: 1000 * i - 60_000, rate: 1 + (i % 7) / 10 } : trueTime, soon());
        expectSkew(await hear(), 0, ['glibc', ...(withGo ? ['go'] : [])]);
        expect((await container.inspect()).State.Running).toBe(true);
      },
      ['bash', '-c', `/programs/glibc glibc busy & ${withGo ? '/programs/go-clock busy &' : ''} wait -n; echo a program has ended`],
    ),
  );

  dockerTest(
    'a process that starts while the clock is wrong gets the wrong clock too, and after a restart of the node it is set again',
    engine =>
      withKeeper(
        engine,
        async (keeper, { hear, container }) => {
          await keeper.set({ offsetMs: 60_000, rate: 1 }, soon());
          await sleep(1300); // the shell starts a new program every second
          expect((await hear()).get('musl')!.skewMs).toBeGreaterThan(59_000);

          await container.kill();
          await container.wait();
          await expect(keeper.read(soon())).rejects.toThrow(/clock/);
          await container.start();
          await keeper.set({ offsetMs: 60_000, rate: 1 }, soon());
          expect((await hear()).get('musl')!.skewMs).toBeGreaterThan(59_000);
        },
        ['sh', '-c', 'while :; do timeout 1 /programs/musl musl; done'],
      ),
  );

  dockerTest('when the controller is killed, the clocks are right again at once', engine =>
    withPrograms(
      engine,
      image,
      async ({ run, container, hear }) => {
        const { ref } = await ensureClockImage(engine, () => {});
        const options = containerOptions({ engine, run, node: 'n1', containerId: container.id, onTrouble: () => {} }, ref);
        const controller = spawn(process.execPath, ['--input-type=module', '-e', controllerProgram], {
          env: { ...process.env, OPTIONS: JSON.stringify(options), MODEM: JSON.stringify(modemOptions(engine)) },
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        await once(controller.stdout, 'data');
        expect((await hear()).get('glibc')!.skewMs).toBeGreaterThan(3_000_000);
        controller.kill('SIGKILL');
        await sleep(500);
        expect(Math.abs((await hear()).get('glibc')!.skewMs)).toBeLessThan(300);
      },
      ['/programs/glibc', 'glibc'],
    ),
  );

  dockerTest('the reaper puts clocks right even while a helper still keeps them wrong', engine =>
    withKeeper(
      engine,
      async (keeper, { run, hear }) => {
        await keeper.set({ offsetMs: 60_000, rate: 1 }, soon());
        const others = await engine.docker.listContainers({ filters: { label: [`ordeal.run=${run}`, undoLabel] } });
        expect(others).toHaveLength(1);
        const helper = engine.docker.getContainer(others[0]!.Id);
        const { exitCode } = await execute(helper, JSON.parse(others[0]!.Labels[undoLabel]!) as string[]);
        expect(exitCode).toBe(0);
        await helper.kill(); // as `docker rm --force` does: it has no chance to undo anything now
        await sleep(100);
        expect(Math.abs((await hear()).get('glibc')!.skewMs)).toBeLessThan(300);
      },
      ['/programs/glibc', 'glibc'],
    ),
  );

  dockerTest('a frozen node is refused in time, and gets its skew when it runs again', engine =>
    withKeeper(
      engine,
      async (keeper, { container, hear }) => {
        await container.pause();
        await expect(keeper.set({ offsetMs: 60_000, rate: 1 }, soon())).rejects.toMatchObject({ code: 'clock-does-not-stop' });
        await container.unpause();
        await sleep(1500);
        expect((await hear()).get('glibc')!.skewMs).toBeGreaterThan(59_000);
      },
      ['/programs/glibc', 'glibc'],
    ),
  );

  dockerTest('a node that shares its processes with the host is refused, and nothing is touched', async engine => {
    const run = 'clock-shared-pids';
    const container = await engine.docker.createContainer({
      Image: image,
      Cmd: ['sleep', '60'],
      Labels: labelsOf(run, 'n1'),
      HostConfig: { PidMode: 'host', NetworkMode: 'none' },
    });
    try {
      await container.start();
      const options = { engine, run, node: 'n1', containerId: container.id, onTrouble: () => {} };
      await expect(createClockKeeper(options)).rejects.toMatchObject({ code: 'clock-shared-pids' });
    } finally {
      await removeRun(engine, run);
    }
  });

  dockerTest('without the right to trace the answer says so', engine =>
    withPrograms(
      engine,
      image,
      async ({ run, container }) => {
        const { ref } = await ensureClockImage(engine, () => {});
        const options = containerOptions({ engine, run, node: 'n1', containerId: container.id, onTrouble: () => {} }, ref);
        const powerless = await engine.docker.createContainer({ ...options, HostConfig: { ...options.HostConfig, CapAdd: [] } });
        const stream = await powerless.attach({ stream: true, stdin: true, stdout: true, stderr: true, hijack: true });
        const helper = createHelper(stream as never, 'n1');
        await powerless.start();
        await helper.greeting;
        const answer = await helper.ask('set 1000 4294967296', soon());
        expect(answer).toMatchObject({ type: 'done', reached: 0 });
        expect(answer).toHaveProperty('unreached', expect.arrayContaining([expect.objectContaining({ reason: 'ptrace-denied' })]));
        await helper.quit(2000);
      },
      ['/programs/glibc', 'glibc'],
    ),
  );
});

const execute = async (container: Container, command: readonly string[]): Promise<{ exitCode: number | null }> => {
  const exec = await container.exec({ Cmd: [...command], AttachStdout: true, Tty: true });
  const stream = await exec.start({ Tty: true });
  await once(stream.resume(), 'end');
  return { exitCode: (await exec.inspect()).ExitCode };
};

const modemOptions = ({ docker }: Engine): object => {
  const { socketPath, host, port, protocol } = docker.modem as { socketPath?: string; host?: string; port?: number; protocol?: string };
  return { socketPath, host, port, protocol };
};

const controllerProgram = `
  import Docker from 'dockerode';
  const docker = new Docker(JSON.parse(process.env.MODEM));
  const container = await docker.createContainer(JSON.parse(process.env.OPTIONS));
  const stream = await container.attach({ stream: true, stdin: true, stdout: true, stderr: true, hijack: true });
  stream.on('data', data => String(data).includes('done') && console.log('skewed'));
  await container.start();
  stream.write('set 3600000000000 4294967296\\n');
`;
