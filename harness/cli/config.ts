/**
 * `ordeal.config.ts`: all that the flags can say, and systems and workloads of one's own.
 * Flags win over the file, the file wins over the defaults.
 */
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { createJiti } from 'jiti';
import { z } from 'zod';
import type { Model } from '../../checkers/linearizable/model.ts';
import type { Fault } from '../protocol/fault.ts';
import type { System } from '../protocol/system.ts';
import type { Workload } from '../protocol/workload.ts';
import { builtPath } from '../std/paths.ts';
import { messageOf, UserError } from '../std/user-error.ts';

const words = z.union([z.string(), z.array(z.string())]).transform(value => (typeof value === 'string' ? value.split(',') : value));
/** Numbers, as flags and files write them; `--seed "$UNSET"` is a slip, not 0. */
const wholeNumber = z.preprocess(
  value => (typeof value === 'string' && /^-?\d+$/.test(value.trim()) ? Number(value) : value),
  z.int({
    error: ({ code, input }) =>
      code === 'invalid_type' ? `expected a whole number, found ${JSON.stringify(input) ?? 'nothing'}` : undefined,
  }),
);
const rate = z.preprocess(
  value => (typeof value === 'string' && /^\d+(?:\.\d+)?$/.test(value.trim()) ? Number(value) : value),
  z.union([z.literal('max'), z.number().positive({ error: 'expected max, or more than 0 operations a second' })], {
    error: 'expected max, or more than 0 operations a second',
  }),
);

const text = z.union([z.string(), z.number()]).transform(String);

/** Every flag of `run` by its camel-cased name; durations as the flags write them. */
export const runConfigSchema = z
  .object({
    system: z.string(),
    on: z.enum(['process', 'docker', 'compose', 'attach', 'external']),
    nodes: wholeNumber.pipe(z.int().min(1).max(100)),
    workload: z.string(),
    model: z.string(),
    nemesis: words,
    interval: text,
    timeLimit: text,
    rate,
    concurrency: wholeNumber.pipe(z.int().min(1).max(10_000)),
    seed: wholeNumber.pipe(z.int().nonnegative()),
    bug: words,
    set: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
    values: z.enum(['unique', 'small']),
    logPattern: z.union([z.string(), z.array(z.string())]).transform(value => (typeof value === 'string' ? [value] : value)),
    store: z.string(),
    toxiproxy: z.url(),
    compose: z.string(),
    attach: z.string(),
    endpoints: z.record(z.string(), z.union([z.string(), z.record(z.string(), z.string())])),
    operationTimeout: text,
    startTimeout: text,
    recoveryTimeout: text,
    checkTimeLimit: text,
    checkOnline: z.boolean(),
    memoryLimit: text,
  })
  .partial()
  .strict();

export type RunConfig = z.infer<typeof runConfigSchema>;

export interface Config {
  /** Defaults for the flags of `ordeal run`. */
  readonly run?: z.input<typeof runConfigSchema>;
  readonly systems?: readonly System[];
  readonly workloads?: readonly Workload[];
  readonly faults?: readonly Fault[];
  /** Data types of one's own: `--workload` takes their names. Of any state type. */
  // biome-ignore lint/suspicious/noExplicitAny: a list of models of different states
  readonly models?: readonly Model<any>[];
}

type Members = Readonly<Record<string, 'string' | 'function' | 'object' | 'number'>>;

const systemMembers: Members = {
  name: 'string',
  defaultNodes: 'number',
  options: 'object',
  bugs: 'object',
  ports: 'object',
  workloads: 'object',
  connect: 'function',
};
const faultMembers: Members = { kind: 'string', needs: 'object', options: 'object', plan: 'function', inject: 'function' };
const modelMembers: Members = { name: 'string', step: 'function', describe: 'function' };
const workloadMembers: Members = { name: 'string', options: 'object', models: 'object', readOnly: 'object', generator: 'function' };

/** A first look at what a config file registers, so that a slip is a sentence and not a crash in the middle of a run. */
const has =
  (members: Members) =>
  (value: unknown): boolean =>
    typeof value === 'object' &&
    value !== null &&
    Object.entries(members).every(([name, kind]) => typeof (value as Record<string, unknown>)[name] === kind);

const wordsOf = (members: Members): string =>
  Object.entries(members)
    .map(([name, kind]) => `${name} (${kind})`)
    .join(', ');

const configSchema = z
  .object({
    run: runConfigSchema.optional(),
    systems: z
      .array(
        z.custom<System>(
          has(systemMembers),
          `expected a system with ${wordsOf(systemMembers)}; defineSystem({ name, port, connect }) fills in the rest`,
        ),
      )
      .optional(),
    faults: z.array(z.custom<Fault>(has(faultMembers), `expected a fault with ${wordsOf(faultMembers)}`)).optional(),
    models: z.array(z.custom<Model>(has(modelMembers), `expected a model with ${wordsOf(modelMembers)}, and init`)).optional(),
    workloads: z.array(z.custom<Workload>(has(workloadMembers), `expected a workload with ${wordsOf(workloadMembers)}`)).optional(),
  })
  .strict();

export type LoadedConfig = z.output<typeof configSchema>;

/** Gives an `ordeal.config.ts` its types. */
export const defineConfig = (config: Config): Config => config;

const defaultName = 'ordeal.config.ts';

/** Loads the named file, or `ordeal.config.ts` where there is one. Throws a usage error with the path inside the file that is wrong. */
export const loadConfig = async (file: string | undefined, folder = process.cwd()): Promise<LoadedConfig> => {
  const path = resolve(folder, file ?? defaultName);
  if (!existsSync(path)) {
    if (file === undefined) return {};
    throw new UserError('usage', 'no-config', `--config ${file}: no such file`, { hint: `looked at ${path}` });
  }
  return fromItsFolder(parseWith(configSchema, await importDefault(path), path), dirname(path));
};

/** Paths in a file are seen from the file. */
const fromItsFolder = ({ run, ...rest }: LoadedConfig, folder: string): LoadedConfig => ({
  ...rest,
  run: run?.compose === undefined ? run : { ...run, compose: resolve(folder, run.compose) },
});

const importDefault = async (path: string): Promise<unknown> => {
  try {
    // `ordeal` is this very package, wherever the file lies and whether or not it was installed there.
    const alias = { ordeal: builtPath('harness/index') };
    return await createJiti(import.meta.url, { alias }).import(path, { default: true });
  } catch (cause) {
    throw new UserError('usage', 'bad-config', `${path} could not be loaded: ${messageOf(cause)}`, { cause });
  }
};

/** Parses unknown data once, at the edge; what is wrong is said with its path. */
export const parseWith = <T>(schema: z.ZodType<T>, data: unknown, what: string): T => {
  const parsed = schema.safeParse(data);
  if (parsed.success) return parsed.data;
  throw new UserError('usage', 'bad-config', `${what} is not valid:\n${z.prettifyError(parsed.error)}`, { hint: 'see ordeal run --help' });
};
