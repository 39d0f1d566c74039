/** What every fault says about itself: evidence, patience until there is some, sentences. */
import type { Evidence, Injected } from '../../harness/protocol/fault.ts';
import { sleep } from '../../harness/std/deadline.ts';

export const effective = (detail: string): Evidence => ({ effective: true, detail });
export const ineffective = (detail: string): Evidence => ({ effective: false, detail });

/** What is returned when there was nothing to break: it proves nothing and has nothing to heal. */
export const nothingInjected = (reason: string): Injected => ({
  targets: [],
  prove: async () => ineffective(reason),
  heal: async () => effective('nothing was injected'),
});

/** Asks again every `everyMs` until the answer is no complaint or the signal aborts; resolves to the last complaint, undefined when all is well. */
export const untilNoComplaint = async (
  ask: () => Promise<string | undefined>,
  signal: AbortSignal,
  everyMs = 50,
): Promise<string | undefined> => {
  for (;;) {
    const complaint = await ask();
    if (complaint === undefined || signal.aborted) return complaint;
    await sleep(everyMs, signal);
  }
};

/** `n1, n2 and 3 more`. */
export const listed = (items: readonly string[], most = 4): string =>
  items.length <= most ? items.join(', ') : `${items.slice(0, most).join(', ')} and ${items.length - most} more`;
