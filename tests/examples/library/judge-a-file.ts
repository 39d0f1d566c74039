import { checkLinearizable, describeVerdict, findStanding, readHistory, register } from 'ordeal/checkers';

/** Says whether a recorded history is linearizable, and what it still is if it is not. */
export const judge = async (path: string): Promise<string> => {
  const { history } = await readHistory(path);
  const verdict = checkLinearizable(history, register, { timeLimitMs: 10_000 });
  if (verdict.valid !== false) return describeVerdict(history, verdict);
  const { satisfies } = findStanding(history, register);
  return `${describeVerdict(history, verdict)}\n\nIt is still: ${satisfies.join(', ')}`;
};
