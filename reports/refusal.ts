/** Failures that are answers: the system was there, did what it is asked to do, and said no. */
import type { Event } from '../harness/history/event.ts';
import type { Operation } from '../harness/history/operation.ts';

/** A compare-and-set that found another value is the system at work. */
export const refusals: ReadonlySet<string> = new Set(['cas-mismatch']);

/** Whether an operation failed with an error of one of these names. */
export const isRefused = ({ type, completion }: Pick<Operation, 'type' | 'completion'>, names = refusals): boolean =>
  type === 'fail' && names.has(errorName(completion?.error));

const errorName = (error: Event['error']): string => (typeof error === 'string' ? error : (error?.name ?? ''));
