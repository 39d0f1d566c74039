/** The end of a run on a Docker host when its controller cannot see to it: rules undone, joined containers put back, the rest removed. */
import type Docker from 'dockerode';
import { sleep, within } from '../../std/deadline.ts';
import { messageOf } from '../../std/user-error.ts';
import type { EngineConnection } from './connection.ts';
import { connectEngine, daemonWords, type Engine } from './engine.ts';
import { type FoundContainer, putBack } from './found.ts';
import { removeRun, runLabel, undoLabel } from './run-labels.ts';

/** What a lease says of a Docker host. Everything there carries the lease's token as its `ordeal.run`. */
export interface LeasedDocker {
  readonly connection: EngineConnection;
  /** Containers of other people that the run joined. */
  readonly found?: readonly FoundContainer[];
}

const patienceMs = 20_000;
const undoMs = 4_000;

/** One sentence per thing that was done or could not be (`could not …`). Never throws. */
export const reap = async ({ connection, found = [] }: LeasedDocker, run: string): Promise<string[]> => {
  try {
    const engine = await connectEngine(connection);
    try {
      return await reapOn(engine, run, found);
    } finally {
      engine.close();
    }
  } catch (thrown) {
    return [`could not end the run ${run} on the Docker host: ${messageOf(thrown)}`];
  }
};

/** `reap` on a daemon that is connected to already. */
export const reapOn = async (engine: Engine, run: string, found: readonly FoundContainer[]): Promise<string[]> => {
  // First, since nothing can be undone in a process that is frozen.
  const put = await Promise.all(found.map(container => putBack(engine.docker, container)));
  const undone = await undoAll(engine.docker, run);
  return [...put.flat(), ...undone, ...(await removeUntilQuiet(engine, run))];
};

/** What the daemon was making when the controller died appears only a moment later: look until two looks found nothing. */
const removeUntilQuiet = async (engine: Engine, run: string): Promise<string[]> => {
  const deadline = Date.now() + patienceMs;
  const removed: string[] = [];
  for (let quiet = 0; ; ) {
    const now = await removeRun(engine, run);
    const failed = now.filter(sentence => sentence.startsWith('could not'));
    removed.push(...now.filter(sentence => !failed.includes(sentence)));
    quiet = now.length === 0 ? quiet + 1 : 0;
    if (quiet === 2) return removed;
    if (Date.now() > deadline) return [...removed, ...failed];
    await sleep(400);
  }
};

/** What was changed in namespaces and processes of other people goes by what each container says about itself, before it goes. */
const undoAll = async (docker: Docker, run: string): Promise<string[]> => {
  try {
    const ours = await docker.listContainers({ all: true, filters: { label: [`${runLabel}=${run}`] } });
    const ids = new Set(ours.map(({ Id: id }) => id));
    const undoing = ours.filter(({ Labels: labels }) => undoLabel in labels).map(container => undo(docker, container, ids));
    return (await Promise.all(undoing)).flat();
  } catch (thrown) {
    return [`could not list what the run ${run} changed: ${daemonWords(thrown)}`];
  }
};

const undo = async (docker: Docker, info: Docker.ContainerInfo, ours: ReadonlySet<string>): Promise<string[]> => {
  const { Id: id, Names: names, State: state, Labels: labels } = info;
  const container = docker.getContainer(id);
  const name = names[0]?.replace('/', '') ?? id;
  try {
    // What it shares goes with the run as well.
    if (sharesOnly(ours, await container.inspect())) return [];
    if (state === 'paused') await container.unpause();
    // It shares a namespace that may outlive it: started again, it can still undo what it did there.
    else if (state !== 'running') await container.start();
    const { code, output } = await execute(container, JSON.parse(labels[undoLabel]!) as string[]);
    return code === 0 ? [`undid what ${name} had changed`] : [`could not undo what ${name} had changed: ${output}`];
  } catch (thrown) {
    return [`could not undo what ${name} had changed: ${daemonWords(thrown)}`];
  }
};

/** Whether the containers whose namespaces it is in are all among these. */
const sharesOnly = (ours: ReadonlySet<string>, { HostConfig }: Docker.ContainerInspectInfo): boolean => {
  const others = [HostConfig.NetworkMode, HostConfig.PidMode].flatMap(mode => /^container:(.+)$/.exec(mode ?? '')?.[1] ?? []);
  return others.length > 0 && others.every(id => ours.has(id));
};

const execute = async (container: Docker.Container, command: string[]): Promise<{ code: number | null; output: string }> => {
  const exec = await container.exec({ Cmd: command, User: '0', AttachStdout: true, AttachStderr: true, Tty: true });
  const stream = await exec.start({ Tty: true, abortSignal: within(undoMs) });
  let output = '';
  for await (const chunk of stream) output = (output + String(chunk)).slice(-1000);
  return { code: (await exec.inspect()).ExitCode, output: output.trim() };
};
