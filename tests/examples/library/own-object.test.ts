import { checkLinearizable, lanes, type Model } from 'ordeal/checkers';
import { expect, test } from 'vitest';
import 'ordeal/vitest';

/** A high score: `submit` n, `top` -> the highest so far. */
const highScore: Model<number> = {
  name: 'high-score',
  init: 0,
  step: (top, { f, input, output }) => {
    if (f === 'submit') return Math.max(top, Number(input));
    return output === undefined || output === top ? top : undefined;
  },
  describe: ({ f, input, output }) => (f === 'submit' ? `submit ${input}` : `top -> ${output}`),
  readOnly: ({ f }) => f === 'top',
};

test('a history that is drawn: time goes to the right, bars are calls and returns', () => {
  const history = lanes`
    p0  |submit 5|            |top 5|
    p1       |submit 3|
  `;
  expect(history).toBeLinearizable(highScore);
});

test('a high score that goes down again', () => {
  const history = lanes`
    p0  |submit 5| |submit 3|
    p1                         |top 3|
  `;
  expect(history).not.toBeLinearizable(highScore);
  expect(checkLinearizable(history, highScore).anomalies[0]!.operations).toEqual([1, 3, 5]);
});
