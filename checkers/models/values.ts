/** Values of operations: sameness and the way they are shown. */
import type { Json } from '../../harness/std/json.ts';

/** JSON with sorted names, so that equal values give equal text. */
export const canonical = (value: Json): string => {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  const object = value as { readonly [name: string]: Json };
  return `{${Object.keys(object)
    .sort()
    .map(name => `${JSON.stringify(name)}:${canonical(object[name]!)}`)
    .join(',')}}`;
};

/** What a Map may be keyed by: scalars themselves, anything else its text behind a mark that no plain string begins with. */
export const valueKey = (value: Json): string | number | boolean | null =>
  value === null || typeof value !== 'object' ? value : `\u0000${canonical(value)}`;

export const sameValue = (a: Json, b: Json): boolean => a === b || valueKey(a) === valueKey(b);

const longestShown = 60;

/** A value for people: JSON, cut where it gets long. */
export const show = (value: Json): string => {
  const text = JSON.stringify(value);
  return text.length <= longestShown ? text : `${text.slice(0, longestShown - 1)}…`;
};

/** An answer for people; `?` where nobody knows it. */
export const showAnswer = (output: Json | undefined): string => (output === undefined ? '?' : show(output));
