/** How much a reader has to take in to see a contradiction: its number of operations. What names none has no picture and comes last. */
export const effort = ({ operations }: { readonly operations: readonly number[] }): number => operations.length || Number.MAX_SAFE_INTEGER;
