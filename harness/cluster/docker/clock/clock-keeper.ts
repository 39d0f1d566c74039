/**
 * Keeps the clock of one node's container skewed: replaces the clock functions of its processes, whatever they are written in, from a
 * container of its own that shares the node's PID namespace and has CAP_SYS_PTRACE, nothing else. The host's clock is never touched.
 *
 * The helper ends with the node, and is made again when the clock is set or read the next time. It undoes the skew when it is told to, and
 * also when the controller dies: its stdin ends then. Out of reach: see docker/clock/clock.c.
 */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import type Docker from 'dockerode';
import type { ImageSource } from '../../../protocol/container.ts';
import type { ClockReading, ClockSkew, NodeId } from '../../../protocol/system.ts';
import { within } from '../../../std/deadline.ts';
import { projectRoot } from '../../../std/paths.ts';
import { messageOf, UserError } from '../../../std/user-error.ts';
import { dockerError, type Engine, ifThere, statusOf } from '../engine.ts';
import { ensureImage, type Image, type Say } from '../images.ts';
import { labelsOf, nameOf, undoneBy } from '../run-labels.ts';
import { createHelper, type Helper } from './helper.ts';
import { type Answer, setCommand, type Unreached } from './protocol.ts';

export interface ClockKeeper {
  /** Resolves when every process of the node has the skew. `{ offsetMs: 0, rate: 1 }` puts back what was there. */
  set(skew: ClockSkew, signal: AbortSignal): Promise<void>;
  /** What the memory of the node's processes says. */
  read(signal: AbortSignal): Promise<ClockReading>;
  /** Undoes the skew and removes the helper. Never throws. */
  close(): Promise<void>;
}

export interface ClockKeeperOptions {
  readonly engine: Engine;
  /** The token of the run. */
  readonly run: string;
  readonly node: NodeId;
  readonly containerId: string;
  readonly onTrouble: (sentence: string) => void;
}

export const clockImage: ImageSource = { dockerfile: join(projectRoot, 'docker/clock') };

/** Built once per Docker host: worth doing before a run starts in which a clock may be skewed. */
export const ensureClockImage = (engine: Engine, say: Say): Promise<Image> => ensureImage(engine, clockImage, say);

const greetingMs = 10_000;
const quitMs = 3000;

/** Starts the helper, so that the first skew does not wait for it. Throws a UserError where the node's clock cannot be skewed. */
export const createClockKeeper = async (options: ClockKeeperOptions): Promise<ClockKeeper> => {
  const told = new Set<string>();
  const warn = (unreached: readonly Unreached[]): void => {
    for (const { pid, reason } of unreached.filter(({ reason }) => !told.has(reason) && told.add(reason)))
      options.onTrouble(`${options.node}: the clock of process ${pid} cannot be skewed (${reasons[reason] ?? reason})`);
  };
  let running: Promise<Running> | undefined = startHelper(options);
  await running;
  const helper = async (): Promise<Helper> => {
    if (running !== undefined && (await running).helper.ended) running = undefined;
    running ??= startHelper(options).catch(thrown => {
      running = undefined;
      throw thrown;
    });
    return (await running).helper;
  };
  const ask = async (command: string, signal: AbortSignal) => {
    const answer = await (await helper()).ask(command, signal);
    if (answer.type === 'failed' || answer.type === 'ready') throw refusal(options.node, answer);
    const { reached, unreached } = answer;
    const worst = unreached.find(({ reason }) => reason in fatal) ?? (reached === 0 ? unreached[0] : undefined);
    if (worst !== undefined) throw unreachable(options.node, worst);
    warn(unreached);
    return answer;
  };
  return {
    set: async (skew, signal) => void (await ask(setCommand(skew), signal)),
    read: async signal => {
      const answer = await ask('read', signal);
      return (answer as Extract<Answer, { type: 'clock' }>).reading;
    },
    close: async () => {
      const last = await running?.catch(() => undefined);
      await last?.helper.quit(quitMs);
      await last?.remove();
    },
  };
};

interface Running {
  readonly helper: Helper;
  remove(): Promise<void>;
}

const startHelper = async (options: ClockKeeperOptions): Promise<Running> => {
  const { engine, node, onTrouble } = options;
  const { ref } = await ensureClockImage(engine, onTrouble);
  try {
    await refuseSharedPids(options);
    const container = await engine.docker.createContainer(containerOptions(options, ref));
    const remove = async (): Promise<void> => {
      await ifThere(container.remove({ force: true })).catch(thrown =>
        onTrouble(dockerError(thrown, `the helper for ${node}'s clock is left over`).message),
      );
    };
    try {
      const helper = createHelper(await attach(container), node);
      await container.start();
      const greeting = await Promise.race([helper.greeting, tooLate(greetingMs)]);
      if (greeting.type !== 'ready') throw refusal(node, greeting);
      return { helper, remove };
    } catch (thrown) {
      await remove();
      throw thrown;
    }
  } catch (thrown) {
    const what = `the helper that skews ${node}'s clock cannot be started`;
    if (statusOf(thrown) !== undefined || thrown instanceof UserError) throw dockerError(thrown, what);
    throw new UserError('environment', 'clock-helper', `${what}: ${messageOf(thrown)}`, { cause: thrown });
  }
};

/** Who shares its processes with the host, or with another container, would share the wrong clock too. */
const refuseSharedPids = async ({ engine, node, containerId }: ClockKeeperOptions): Promise<void> => {
  const { PidMode: mode = '' } = (await engine.docker.getContainer(containerId).inspect()).HostConfig;
  if (mode === '' || mode === 'private') return;
  throw new UserError('environment', 'clock-shared-pids', `${node}'s clock cannot be skewed: it runs with the PID namespace \`${mode}\``, {
    hint: 'whoever shares it would get the wrong clock too: give the node a PID namespace of its own (no `pid:` in the compose file)',
  });
};

/** Exported for the test in which its controller dies. */
export const containerOptions = ({ run, node, containerId }: ClockKeeperOptions, image: string): Docker.ContainerCreateOptions => ({
  // A name of its own for each: the one before may be about to be removed.
  name: nameOf(run, `clock-${node}-${randomUUID().slice(0, 8)}`),
  Labels: { ...labelsOf(run, node), ...undoneBy('/ordeal-clock', 'undo') },
  Image: image,
  OpenStdin: true,
  StdinOnce: true, // when the controller is gone its stdin ends, upon which it undoes the skew
  AttachStdin: true,
  AttachStdout: true,
  AttachStderr: true,
  HostConfig: {
    PidMode: `container:${containerId}`,
    CapDrop: ['ALL'],
    CapAdd: ['SYS_PTRACE'],
    SecurityOpt: ['no-new-privileges'],
    NetworkMode: 'none',
    ReadonlyRootfs: true,
    AutoRemove: true,
    LogConfig: { Type: 'none', Config: {} },
  },
});

const attach = async (container: Docker.Container): Promise<Duplex> =>
  (await container.attach({ stream: true, stdin: true, stdout: true, stderr: true, hijack: true })) as unknown as Duplex;

const tooLate = (ms: number): Promise<never> =>
  new Promise((_resolve, reject) => {
    const signal = within(ms);
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });

const reasons: Readonly<Record<string, string>> = {
  'ptrace-denied': 'ptrace is not allowed there',
  'write-refused': 'the kernel refuses to write into its code',
  'does-not-stop': 'it does not stop, for instance because it is frozen',
  'no-vdso': 'it has no vDSO',
  'other-vdso': 'its vDSO is not the one of this kernel, or was changed by somebody else',
  '32-bit': 'it is a 32-bit program',
};

/** With these the node as a whole counts as not reached; the others concern one process beside those that were. */
const fatal: Readonly<Record<string, string>> = {
  'ptrace-denied':
    'the Docker host forbids ptrace between containers: look at kernel.yama.ptrace_scope (3 forbids it) and at the AppArmor or SELinux profile of the node; libfaketime in the image is the way without ptrace (docker/clock/README.md)',
  'write-refused': 'this kernel protects code even from a tracer; libfaketime in the image is the way without it (docker/clock/README.md)',
  'does-not-stop': 'resume the node first; the helper goes on trying',
};

const unreachable = (node: NodeId, { pid, reason }: Unreached): UserError =>
  new UserError('environment', `clock-${reason}`, `${node}'s clock cannot be set: process ${pid}: ${reasons[reason] ?? reason}`, {
    hint: fatal[reason] ?? 'skew the clocks of other nodes only',
  });

const refusal = (node: NodeId, answer: Answer): UserError => {
  const said = answer.type === 'failed' ? answer : { code: 'not-understood', text: `it answered ${answer.type}` };
  return new UserError('environment', `clock-${said.code}`, `${node}'s clock cannot be skewed: ${said.text}`, {
    hint: 'leave the clock faults out (--nemesis), or use libfaketime in the image (docker/clock/README.md)',
  });
};
