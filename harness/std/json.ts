/** Plain JSON data: what histories, options and schedules are made of. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** Whether JavaScript's numbers round this integer, given as decimal digits. */
export const isRoundedInteger = (digits: string): boolean => {
  const number = Number(digits);
  return !Number.isFinite(number) || BigInt(number) !== BigInt(digits);
};
