import { createRecorder } from 'ordeal/checkers';
import { expect, test } from 'vitest';
import 'ordeal/vitest';

/** What is put to the test: here a variable behind a delay; yours may be a client of a server. */
const createRegister = () => {
  let value = 0;
  const later = () => new Promise<void>(resolve => setTimeout(resolve, Math.random() * 3));
  return {
    get: () => later().then(() => value),
    set: async (to: number) => {
      await later();
      value = to;
      await later();
    },
  };
};

test('the register is linearizable', async () => {
  const recorder = createRecorder();
  const register = createRegister();
  await recorder.record(0, { f: 'write', value: 0 }, () => register.set(0));
  const client = async (caller: number) => {
    for (let i = 1; i <= 20; i++) {
      const value = caller * 100 + i;
      await recorder.record(caller, { f: 'write', value }, () => register.set(value));
      await recorder.record(caller, { f: 'read' }, () => register.get());
    }
  };
  await Promise.all([1, 2, 3].map(client));
  expect(recorder).toBeLinearizable();
});
