/** A container full of programs that say what time it is, each by its own library: what a skew does is their word, not ours. */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import type Docker from 'dockerode';
import { sleep } from '../../../../std/deadline.ts';
import { projectRoot } from '../../../../std/paths.ts';
import { createDemuxer, type Frame } from '../../demux.ts';
import type { Engine } from '../../engine.ts';
import { ensureImage } from '../../images.ts';
import { labelsOf, nameOf, removeRun } from '../../run-labels.ts';

export interface Said {
  readonly program: string;
  /** How far its wall clock was from the controller's when the line came in. */
  readonly skewMs: number;
  readonly monotonicMs: number;
  /** Over the bytes of its vDSO; undefined where it cannot tell. */
  readonly sum: string | undefined;
  /** The controller's own monotonic clock. */
  readonly atMs: number;
}

export interface Programs {
  readonly run: string;
  readonly container: Docker.Container;
  /** What each program says next, by its name. */
  hear(): Promise<ReadonlyMap<string, Said>>;
}

const here = join(projectRoot, 'harness/cluster/docker/clock/testing/programs');

const goProgram = async (folder: string): Promise<string> => {
  const path = join(folder, 'go-clock');
  await promisify(execFile)('go', ['build', '-trimpath', '-o', path, join(here, 'go-clock.go')], {
    env: { ...process.env, CGO_ENABLED: '0' },
  });
  return path;
};

/** Undefined: there is one, or there must be. */
export const whyNoGo = async (): Promise<string | undefined> => {
  if (process.env.CI === 'true') return undefined;
  return promisify(execFile)('go', ['version']).then(
    () => undefined,
    () => 'Go is not here',
  );
};

export const programsImage = async (engine: Engine, withGo: boolean): Promise<string> => {
  const folder = mkdtempSync(join(tmpdir(), 'ordeal-clock-'));
  try {
    const files = { node: process.execPath, ...(withGo && { 'go-clock': () => goProgram(folder) }) };
    return (await ensureImage(engine, { dockerfile: here, files }, () => {})).ref;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** `command`: all programs where it is not said otherwise. */
export const withPrograms = async (
  engine: Engine,
  image: string,
  body: (programs: Programs) => Promise<void>,
  command: readonly string[] = ['/programs/run.sh'],
): Promise<void> => {
  const run = randomUUID();
  try {
    const container = await engine.docker.createContainer({
      name: nameOf(run, 'n1'),
      Labels: labelsOf(run, 'n1'),
      Image: image,
      Cmd: [...command],
      User: '4711:4711', // not the helper's: only CAP_SYS_PTRACE reaches it
      HostConfig: { NetworkMode: 'none', Init: true },
    });
    await container.start();
    await body({ run, container, hear: () => hear(container) });
  } finally {
    await removeRun(engine, run);
  }
};

/** Every program speaks every 20 ms; a busy machine delays some, and a busier one all. */
const listenMs = 300;
const mostMs = 5000;

const hear = async (container: Docker.Container): Promise<ReadonlyMap<string, Said>> => {
  const logs = (await container.logs({ follow: true, stdout: true, stderr: true, tail: 0 })) as unknown as Readable;
  const heard = new Map<string, Said>();
  const problems: unknown[] = [];
  let rest = '';
  const take = ({ data }: Frame): void => {
    const lines = `${rest}${data}`.split('\n');
    rest = lines.pop()!;
    for (const said of lines.map(parseSaid)) heard.set(said.program, said);
  };
  const demuxer = createDemuxer().on('data', frame => {
    try {
      take(frame);
    } catch (thrown) {
      problems.push(thrown);
    }
  });
  logs.on('error', () => {}).pipe(demuxer); // it is cut below
  await sleep(listenMs);
  for (const until = performance.now() + mostMs; heard.size === 0 && performance.now() < until; ) await sleep(listenMs);
  logs.destroy();
  if (problems.length > 0) throw problems[0];
  return heard;
};

const parseSaid = (line: string): Said => {
  const [program, wallMs, monotonicMs, sum] = line.split(' ');
  if (!/^\d+(\.\d+)?$/.test(wallMs ?? '')) throw new Error(`a program failed: ${line}`);
  return { program: program!, skewMs: Number(wallMs) - Date.now(), monotonicMs: Number(monotonicMs), sum, atMs: performance.now() };
};
