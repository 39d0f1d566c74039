/**
 * Faults of one's own: commands or functions that inject, heal and probe. They say themselves whether they took: without a probe nobody can
 * tell, and the fault counts as one without effect. What was injected is healed on every way out; commands that heal are also kept by the
 * watchdog, which runs them when the controller dies.
 */
import { execa } from 'execa';
import type { Cluster } from '../../harness/protocol/cluster.ts';
import type { Evidence, Fault, FaultContext, Injected } from '../../harness/protocol/fault.ts';
import type { Control, NodeId } from '../../harness/protocol/system.ts';
import { within } from '../../harness/std/deadline.ts';
import { messageOf, UserError } from '../../harness/std/user-error.ts';
import { durationOption } from '../faults/duration-option.ts';
import { effective, ineffective, listed, nothingInjected, untilNoComplaint } from '../faults/evidence.ts';
import { planTarget, resolveTarget, targetOption } from '../faults/targets.ts';
import { type HookCommand, type HookPlace, localCommand, sshCommand } from './hook-command.ts';

export interface HookContext {
  readonly node: NodeId;
  /** Where the controller reaches the node's client port. */
  readonly host: string;
  readonly port: number;
  readonly control: Control;
  /** When it aborts, the step is over. */
  readonly signal: AbortSignal;
}

/** A command as a list of words, with placeholders `{node}`, `{host}`, `{port}`; or a function. */
export type Hook<T> = readonly string[] | ((context: HookContext) => Promise<T> | T);

export interface HookFaultSpec {
  /** The name that `--nemesis` takes. */
  readonly kind: string;
  readonly summary: string;
  /** Only these nodes; by default any. */
  readonly nodes?: readonly NodeId[];
  readonly inject: Hook<void>;
  readonly heal: Hook<void>;
  /** Whether the fault is in effect: exit code 0, or true. It is also asked before, when it must say no. */
  readonly probe?: Hook<boolean>;
  /** Runs commands there, by the system's ssh: `user@{host}`. */
  readonly ssh?: string;
  /** How long one command may take, milliseconds. */
  readonly timeoutMs?: number;
}

const defaultTimeoutMs = 10_000;

/** `faults: [hookFault({ kind: 'pull-plug', … })]` in the config file. */
export const hookFault = (spec: HookFaultSpec): Fault => {
  assertSpec(spec);
  const busy = new WeakMap<Cluster, Set<NodeId>>();
  return {
    kind: spec.kind,
    summary: spec.summary,
    needs: [],
    options: { target: targetOption, durationMs: durationOption },
    plan: (rng, shape, options) => ({
      target: planTarget(rng, { ...shape, nodes: spec.nodes ?? shape.nodes }, options.target),
      params: {},
    }),
    inject: async (plan, context) => {
      const { nodes, reason } = await resolveTarget(plan, context);
      const hit = nodes.filter(node => spec.nodes === undefined || spec.nodes.includes(node));
      if (hit.length === 0) return nothingInjected(nodes.length === 0 ? reason : `${spec.kind} is not for ${listed(nodes)}`);
      const held = busy.get(context.cluster) ?? new Set();
      busy.set(context.cluster, held);
      return injectHook(spec, hit, context, held);
    },
  };
};

const assertSpec = ({ kind, inject, heal, probe, ssh }: HookFaultSpec): void => {
  const isHook = (hook: unknown): boolean =>
    typeof hook === 'function' || (Array.isArray(hook) && hook.length > 0 && hook.every(word => typeof word === 'string'));
  const refuse = (what: string, hint: string): never => {
    throw new UserError('usage', 'bad-hook', `hookFault ${String(kind)}: ${what}`, { hint });
  };
  if (typeof kind !== 'string' || !/^[a-z][\w-]*$/.test(kind))
    refuse('kind must be a word, as --nemesis takes it', "for instance kind: 'pull-plug'");
  if (!isHook(inject)) refuse('inject must be a command or a function', "for instance inject: ['systemctl', 'stop', 'my-server']");
  if (!isHook(heal))
    refuse(
      'heal must be a command or a function: whatever breaks something can mend it',
      "for instance heal: ['systemctl', 'start', 'my-server']",
    );
  if (probe !== undefined && !isHook(probe))
    refuse('probe must be a command or a function', "for instance probe: ['sh', '-c', '! systemctl is-active my-server']");
  if (ssh !== undefined && [inject, heal, probe].every(hook => typeof hook === 'function'))
    refuse('ssh is for commands, and there are none', 'leave it out');
};

/** One node that was hit, or is about to be. */
interface Hit {
  readonly node: NodeId;
  readonly place: HookPlace;
  release: () => void;
  healed: boolean;
}

const injectHook = async (spec: HookFaultSpec, nodes: readonly NodeId[], context: FaultContext, held: Set<NodeId>): Promise<Injected> => {
  const free = nodes.filter(node => !held.has(node));
  if (free.length === 0) return nothingInjected(`another ${spec.kind} is on ${listed(nodes)} already`);
  const hits = free.map(node => ({ node, place: placeOf(spec, node, context), release: () => {}, healed: false }));
  for (const { node } of hits) held.add(node);
  // A probe that says yes before anything was done proves nothing afterwards.
  const before = spec.probe === undefined ? [] : await Promise.all(hits.map(hit => run(spec, 'probe', hit, context).catch(() => false)));
  const blind = hits.filter((_, i) => before[i] === true).map(hit => hit.node);
  const heal = async (signal: AbortSignal): Promise<Evidence> => {
    const evidence = await healAll(spec, hits, context, signal);
    for (const hit of hits) if (hit.healed) held.delete(hit.node);
    return evidence;
  };
  try {
    await Promise.all(hits.map(hit => injectOne(spec, hit, context)));
  } catch (thrown) {
    await heal(within(spec.timeoutMs ?? defaultTimeoutMs)).catch(() => {}); // the first error is the one that counts
    throw thrown;
  }
  return {
    targets: free,
    prove: async signal => {
      if (spec.probe === undefined) return ineffective('inject ended well, but there is no probe: nobody can tell whether it took');
      if (blind.length > 0)
        return ineffective(`the probe already said so of ${listed(blind)} before anything was injected: it proves nothing`);
      const complaint = await untilProbe(spec, hits, context, true, signal);
      return complaint === undefined ? effective(`the probe says so of ${listed(free)}, and did not before`) : ineffective(complaint);
    },
    heal,
  };
};

const injectOne = async (spec: HookFaultSpec, hit: Hit, context: FaultContext): Promise<void> => {
  if (typeof spec.heal !== 'function') {
    const guard = await context.guard?.();
    const { command, env } = commandOf(spec, spec.heal, hit.place, false);
    hit.release = guard?.holdUndo({ label: `${spec.kind} on ${hit.node}`, command, env, cwd: process.cwd() }) ?? hit.release;
  }
  await run(spec, 'inject', hit, context);
};

/** Harmless where it is healed already. */
const healAll = async (spec: HookFaultSpec, hits: readonly Hit[], context: FaultContext, signal: AbortSignal): Promise<Evidence> => {
  const failures: string[] = [];
  await Promise.all(
    hits.map(async hit => {
      if (hit.healed) return;
      try {
        await run(spec, 'heal', hit, { ...context, signal });
        hit.healed = true;
        hit.release();
      } catch (thrown) {
        failures.push(messageOf(thrown));
      }
    }),
  );
  if (failures.length > 0) return ineffective(failures.join('; '));
  const names = listed(hits.map(hit => hit.node));
  if (spec.probe === undefined) return effective(`heal ended well on ${names}; there is no probe to ask`);
  const complaint = await untilProbe(spec, hits, context, false, signal);
  return complaint === undefined ? effective(`heal ended well, and the probe says no of ${names}`) : ineffective(complaint);
};

const untilProbe = (spec: HookFaultSpec, hits: readonly Hit[], context: FaultContext, wanted: boolean, signal: AbortSignal) =>
  untilNoComplaint(
    async () => {
      const said = await Promise.all(hits.map(hit => run(spec, 'probe', hit, { ...context, signal }).catch(messageOf)));
      const wrong = hits.filter((_, i) => said[i] !== wanted);
      const words = said.find(word => typeof word === 'string');
      return wrong.length === 0
        ? undefined
        : `the probe says ${wanted ? 'no' : 'yes'} of ${listed(wrong.map(hit => hit.node))}${words ? ` (${words})` : ''}`;
    },
    signal,
    200,
  );

/** True where it said yes; throws when inject or heal did not end well. */
const run = async (spec: HookFaultSpec, step: 'inject' | 'heal' | 'probe', hit: Hit, context: FaultContext): Promise<boolean> => {
  const hook: Hook<unknown> = spec[step]!;
  const { place } = hit;
  const signal = within(spec.timeoutMs ?? defaultTimeoutMs, context.signal);
  if (typeof hook === 'function') {
    const said = await hook({ node: place.node, host: place.host, port: place.port, control: context.cluster.control, signal });
    return said === true;
  }
  const { command, env } = commandOf(spec, hook, place, true);
  const [file = '', ...args] = command;
  const guard = await context.guard?.();
  const done = await execa(file, args, {
    env: { ...env, ...guard?.env },
    cancelSignal: signal,
    stdin: 'ignore',
    reject: false,
    maxBuffer: 65_536,
    forceKillAfterDelay: 500,
  });
  // ssh itself says 255 when it did not get there: that is no answer.
  const answered = done.exitCode !== undefined && !done.isCanceled && !(spec.ssh !== undefined && done.exitCode === 255);
  if (step === 'probe' && answered) return done.exitCode === 0;
  if (done.failed)
    throw new Error(`${step} on ${place.node}: ${done.shortMessage}${done.stderr ? `: ${done.stderr.trim().split('\n').at(-1)}` : ''}`);
  return true;
};

const commandOf = ({ ssh }: HookFaultSpec, words: readonly string[], place: HookPlace, shared: boolean): HookCommand =>
  ssh === undefined ? localCommand(words, place) : sshCommand(ssh, words, place, shared);

const placeOf = ({ kind }: HookFaultSpec, node: NodeId, { cluster, system }: FaultContext): HookPlace => ({
  kind,
  node,
  ...cluster.control(node, system.clientPort),
});
