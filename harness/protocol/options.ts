/** Options of systems, workloads and faults, as `--set key=value` and the config file give them. */
import { UserError } from '../std/user-error.ts';

export type OptionValue = string | number | boolean;

export interface OptionSpec {
  readonly default: OptionValue;
  readonly summary: string;
  readonly choices?: readonly string[];
  /** A number that may be negative. Others are counts, weights, times and sizes. */
  readonly signed?: boolean;
}

export type OptionTable = Readonly<Record<string, OptionSpec>>;
export type Options = Readonly<Record<string, OptionValue>>;

/**
 * Defaults overlaid with what was given, each value turned into its default's type.
 * Throws a usage error that names the option, the value and what is accepted. Names not in the table are left out.
 */
export const resolveOptions = (table: OptionTable, given: Options): Options =>
  Object.fromEntries(Object.entries(table).map(([name, spec]) => [name, name in given ? coerce(name, spec, given[name]!) : spec.default]));

/** Whether the option would take the value. */
export const accepts = (spec: OptionSpec, value: OptionValue): boolean => {
  try {
    coerce('', spec, value);
    return true;
  } catch {
    return false;
  }
};

const coerce = (name: string, spec: OptionSpec, value: OptionValue): OptionValue => {
  const refuse = (expected: string): never => {
    throw new UserError('usage', 'bad-option', `option ${name}=${value}: expected ${expected}`, { hint: spec.summary });
  };
  if (spec.choices && !spec.choices.includes(String(value))) return refuse(`one of ${spec.choices.join(', ')}`);
  if (typeof spec.default === 'number') {
    const number = typeof value === 'string' && value.trim() === '' ? Number.NaN : Number(value);
    return Number.isFinite(number) && (number >= 0 || spec.signed || number === spec.default) ? number : refuse('a number, 0 or more');
  }
  if (typeof spec.default === 'boolean')
    return String(value) === 'true' ? true : String(value) === 'false' ? false : refuse('true or false');
  return String(value);
};
