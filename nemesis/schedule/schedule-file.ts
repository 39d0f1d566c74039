/** `schedule.json`: the same schedule gives the same bytes, and what is read back can be run again. */
import { z } from 'zod';
import type { Schedule } from '../../harness/protocol/fault.ts';
import { messageOf, UserError } from '../../harness/std/user-error.ts';

const target = z.union([
  z.object({ nodes: z.array(z.string()) }),
  z.object({ role: z.enum(['leader', 'followers', 'minority', 'majority', 'one', 'all']) }),
]);

const scheduleSchema = z.object({
  seed: z.number().int(),
  nodes: z.array(z.string()),
  faults: z.array(
    z.object({
      id: z.number().int().nonnegative(),
      kind: z.string(),
      startMs: z.number().nonnegative(),
      durationMs: z.number().positive(),
      target,
      params: z.record(z.string(), z.json()),
    }),
  ),
});

export const formatSchedule = (schedule: Schedule): string => `${JSON.stringify(schedule, undefined, 2)}\n`;

/** Throws a data error that names the place in the file. */
export const parseSchedule = (text: string, file = 'schedule.json'): Schedule => {
  const refuse = (why: string, cause?: unknown): never => {
    throw new UserError('data', 'bad-schedule', `${file} is not a schedule: ${why}`, { cause });
  };
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (thrown) {
    return refuse(messageOf(thrown), thrown);
  }
  const parsed = scheduleSchema.safeParse(json);
  return parsed.success ? (parsed.data as Schedule) : refuse(z.prettifyError(parsed.error), parsed.error);
};
