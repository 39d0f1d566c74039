/** The public entry `ordeal/vitest`: importing it teaches vitest's `expect` the matchers for histories. */
import { expect } from 'vitest';
import { type HistoryMatchers, matchers } from './matchers.ts';

expect.extend(matchers);

declare module 'vitest' {
  // biome-ignore lint/suspicious/noExplicitAny: the declaration that this one is merged with says any.
  interface Matchers<T = any> extends HistoryMatchers<T> {}
}

export { type HistoryMatchers, matchers };
