/**
 * A `drain` takes everything that is left. It is as many removals as it answered, and one that found nothing, each at any moment between its call and its return: so
 * nothing is asked of one that takes a value at a time while others go on, and one that takes all at once is explained too. A drain of unknown
 * outcome may have removed everything that was ever added, or anything less.
 */
import type { Event, History, Key } from '../../harness/history/event.ts';
import { pairOperations } from '../../harness/history/operation.ts';
import type { Json } from '../../harness/std/json.ts';

interface Drained {
  readonly history: History;
  /** Operations that there are more of now. */
  readonly added: number;
}

/** The history with `removal`s in place of drains, each by a process of its own; they keep the indices of the drain. The same if there is no drain. O(n). */
export const withoutDrains = (history: History, removal: string): Drained => {
  if (!history.some(({ f }) => f === 'drain')) return { history, added: 0 };
  const operations = pairOperations(history);
  const additions = new Map<Key | undefined, number>();
  let process = 0;
  for (const { invoke } of operations) {
    process = Math.max(process, Number(invoke.process));
    if (invoke.f !== 'drain' && invoke.f !== removal) additions.set(invoke.key, (additions.get(invoke.key) ?? 0) + 1);
  }
  const instead = new Map<Event, Event[]>();
  let added = 0;
  for (const { invoke, completion, type } of operations) {
    if (invoke.f !== 'drain' || type === 'fail') continue;
    const answers: readonly (Json | undefined)[] =
      type === 'ok' ? [...listOf(completion!.value), null] : Array.from({ length: additions.get(invoke.key) ?? 0 }, () => undefined);
    const processes = answers.map(() => ++process);
    instead.set(
      invoke,
      processes.map(by => ({ ...invoke, process: by, f: removal, value: null })),
    );
    if (completion !== undefined)
      instead.set(
        completion,
        answers.map((value, at) => ({ ...completion, process: processes[at]!, f: removal, value: value ?? null })),
      );
    added += answers.length - 1;
  }
  return { history: history.flatMap(event => instead.get(event) ?? [event]), added };
};

const listOf = (value: Json): readonly Json[] => (Array.isArray(value) ? value : []);
