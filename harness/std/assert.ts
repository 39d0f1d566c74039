/** Guards an invariant of our own. A failure is a bug in Ordeal, never a user's mistake: those are `UserError`s. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`invariant broken: ${message}`);
}
