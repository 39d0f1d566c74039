/**
 * What a run leaves behind, and the only thing that a report may know: `results.json`, as `run --json` prints it, plus the history and
 * the node logs beside it. The published JSON Schema is generated from this file.
 */
import { z } from 'zod';

const validity = z.union([z.boolean(), z.literal('unknown')]).describe('true, false or "unknown": merged, valid < unknown < invalid');

export const anomalySchema = z.object({
  type: z.string().describe('the anomaly by the name its paper gave it'),
  key: z.union([z.string(), z.number()]).optional(),
  operations: z
    .array(z.number().int())
    .describe('indices of history events: an operation that answered goes by its completion, any other by its invocation'),
  explanation: z.string(),
});

export const checkSchema = z.object({
  valid: validity,
  workload: z.string(),
  model: z.string(),
  operations: z.number().int(),
  keys: z.number().int(),
  elapsedMs: z.number(),
  anomalies: z.array(anomalySchema),
  method: z.string().optional(),
  unknown: z.string().optional().describe('why it could not be decided, and how far it was verified'),
  warnings: z.array(z.string()).optional(),
  measured: z.record(z.string(), z.number()).optional().describe('what the checker measured, with the unit in the name'),
  satisfies: z.array(z.string()).optional().describe('the strongest models that hold'),
  violates: z
    .array(z.object({ model: z.string(), anomalies: z.array(anomalySchema) }))
    .optional()
    .describe('the weakest models that fail, each with its own witness'),
});

export const lintSchema = z.object({
  code: z.string().describe('what is odd about the recording; checkers/lint/finding.ts lists them'),
  severity: z.enum(['error', 'warning', 'note']),
  operations: z.array(z.number().int()).describe('the first few it is about'),
  count: z.number().int().describe('how many in all; 0: the history as a whole'),
  message: z.string(),
});

export const powerSchema = z.object({
  coverage: z.object({
    operations: z.number().int(),
    processes: z.number().int(),
    keys: z.number().int(),
    concurrencyMean: z.number().describe('operations under way at once'),
    concurrencyMax: z.number().int(),
    overlapping: z.number().describe('share of the answered operations that overlapped another on the same key, 0-1'),
    written: z.number().int().nullable().describe('values that were written and acknowledged; null where the workload does not say'),
    read: z.number().int().nullable().describe('those of them that any answer shows'),
    faults: z.array(
      z.object({
        kind: z.string(),
        faults: z.number().int(),
        succeededDuring: z.number().int(),
        succeededAfter: z.number().int().describe('within a second of the end'),
        keysWritten: z.number().int(),
        keysReadAfter: z.number().int().describe('those of them that were read within five seconds of the end'),
      }),
    ),
  }),
  model: z.string(),
  seed: z.number().int(),
  kinds: z
    .array(
      z.object({
        kind: z.string().describe('the anomaly that was injected'),
        summary: z.string().describe('what the faulty system does'),
        injected: z.number().int(),
        caught: z.number().int(),
        silent: z.number().int().describe('where no answer would have been another'),
        undecided: z.number().int(),
        share: z.number().describe('caught of injected, 0-1'),
        low: z.number().describe('of its 95 % interval'),
        high: z.number(),
      }),
    )
    .describe('what of known anomalies, injected into this history, the checker caught'),
  notInjected: z.string().optional().describe('why nothing was'),
  advice: z.array(z.string()),
  elapsedMs: z.number(),
});

export const faultSchema = z.object({
  id: z.number().int(),
  kind: z.string(),
  targets: z.array(z.string()).describe('nodes (n1) or flows (n1>n2)'),
  startMs: z.number(),
  endMs: z.number(),
  effective: z.boolean().describe('a probe saw it take effect; otherwise it counts as no coverage'),
  proof: z.string(),
  healed: z.boolean(),
  healProof: z.string(),
  params: z.record(z.string(), z.json()),
});

export const availabilitySchema = z.object({
  kind: z.string().describe('fault kind, or "none" for the time without faults'),
  target: z.string().describe('"faulted" for operations on nodes that the fault hit, "others", or "all"'),
  operations: z.number().int(),
  successRate: z.number().nullable().describe('share of ok among completed operations, 0-1'),
  p50Ms: z.number().nullable(),
  p95Ms: z.number().nullable(),
  p99Ms: z.number().nullable(),
  firstSuccessMs: z.number().nullable().describe('median over the faults: from heal to the first ok on the nodes hit'),
  normalLatencyMs: z.number().nullable().describe('median over the faults: from heal until latency is back to normal'),
});

export const resultsSchema = z.object({
  version: z.literal(1),
  valid: validity,
  system: z.string(),
  systemVersion: z.string(),
  workload: z.string(),
  model: z.string(),
  seed: z.number().int(),
  nodes: z.array(z.string()),
  bugs: z.array(z.string()),
  nemesis: z.array(z.string()),
  startedAt: z.string().describe('ISO 8601'),
  durationMs: z.number(),
  loadStartMs: z.number().describe('when the workload began, milliseconds since the run began'),
  loadEndMs: z.number(),
  command: z.string().describe('the command that repeats this run'),
  versions: z.record(z.string(), z.string()),
  checks: z.array(checkSchema),
  faults: z.array(faultSchema),
  operations: z.object({ ok: z.number().int(), fail: z.number().int(), info: z.number().int() }),
  recoveryMs: z.number().nullable().describe('from the final heal until every node answered an operation again; null: never'),
  availability: z.array(availabilitySchema),
  leaders: z.array(z.object({ timeMs: z.number(), leader: z.string().nullable(), term: z.number().nullable() })),
  exits: z
    .array(z.object({ timeMs: z.number(), node: z.string(), reason: z.string() }))
    .describe('nodes that ended although no fault ended them'),
  warnings: z.array(z.string()),
  lint: z.array(lintSchema).optional().describe('what is odd about the recording'),
  power: powerSchema.optional().describe('how much this run could have revealed'),
  folder: z.string(),
});

export type Results = z.infer<typeof resultsSchema>;
export type AvailabilityRow = z.infer<typeof availabilitySchema>;
