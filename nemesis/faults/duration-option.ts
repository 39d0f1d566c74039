import type { OptionSpec } from '../../harness/protocol/options.ts';

/** Every fault has it; the schedule reads it. */
export const durationOption: OptionSpec = { default: 0, summary: 'how long each lasts, in milliseconds; 0: a share of the interval' };
