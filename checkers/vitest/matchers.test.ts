import { expect, test } from 'vitest';
import { checkBank, checkMonotonicReads, createRecorder, fifoQueue, type History, lanes, multiRegister } from '../index.ts';
import './index.ts';

const stale = lanes`
  p0  |x: write 1| |x: write 2| |x: read 2|
  p1                                         |x: read 1|
`;
const messageOf = (claim: () => void): string => {
  try {
    claim();
  } catch (error) {
    return (error as Error).message;
  }
  return 'nothing was thrown';
};

test('what holds, holds; what does not, does not', () => {
  expect(stale.slice(0, 6)).toBeLinearizable();
  expect(stale).not.toBeLinearizable();
  expect(stale).toBeSequential();
  expect(stale).toBeCausal();
  expect(lanes`p0 |x: write 1| |x: read null|`).not.toBeCausal();
  expect(lanes`p0 |x: write 1| |x: read null|`).not.toBeSequential();
  expect(stale).toSatisfyChecker(checkMonotonicReads);
  expect(lanes`p0 |read {"a":1}| |read {"a":2}|`).not.toSatisfyChecker(checkBank);
});

test('by another model than a register', () => {
  expect(lanes`p0 |enqueue 1| |dequeue 1|`).toBeLinearizable(fifoQueue);
  expect(lanes`p0 |enqueue 1| |dequeue null|`).not.toBeSequential(fifoQueue);
  expect(lanes`p0 |write {"x":1}| |read {"x":null}|`).not.toBeCausal(multiRegister());
});

test('a failure draws the smallest contradiction and says why it is one', () => {
  const [expected, , anomaly, , upper, lower, , explanation] = messageOf(() => expect(stale).toBeLinearizable()).split('\n');
  expect([expected, anomaly]).toEqual(['expected a history of 4 operations to be linearizable', 'stale-read, key x']);
  expect([upper, lower]).toEqual(['  p0  |write x=1| |write x=2|', '  p1                          |read x=1|']);
  expect(explanation).toMatch(/^Process 1 .*read x = 1 .*returned .*nothing wrote 1 again after it/);
  expect(messageOf(() => expect(stale).not.toBeSequential())).toBe('expected a history of 4 operations not to be sequential, and it is');
});

test('what is not decided fails either way', () => {
  const undecided = (claim: () => void): void => expect(messageOf(claim)).toMatch(/but that was not decided: .*time limit/);
  undecided(() => expect(stale).toBeLinearizable(undefined, { timeLimitMs: 0 }));
  undecided(() => expect(stale).not.toBeLinearizable(undefined, { timeLimitMs: 0 }));
});

test('takes what recorded it; refuses what is no history', async () => {
  const recorder = createRecorder();
  await recorder.record(0, { f: 'write', value: 1 }, () => {});
  expect(recorder).toBeLinearizable();
  for (const wrong of [undefined, 'text', { history: 1 }])
    expect(() => expect(wrong as unknown as History).toBeLinearizable()).toThrow('expected a history (an array of events) or a recorder');
});
