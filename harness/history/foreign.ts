/** What Jepsen's histories say in another way than the contract does. Works on raw events, before they are checked. */

/** In place: independent keys become `key`, and a keyword in place of a value becomes the error. O(n). */
export const tidyForeign = (events: readonly Record<string, unknown>[]): void => {
  const keyed = isKeyed(events);
  const open = new Map<unknown, Record<string, unknown>>();
  for (const event of events) {
    if (typeof event.process !== 'number') continue;
    if (event.type === 'invoke') {
      if (keyed) splitKey(event);
      open.set(event.process, event);
      continue;
    }
    const invoke = open.get(event.process);
    open.delete(event.process);
    if (invoke === undefined) continue;
    if (keyed) splitCompletion(event, invoke);
    if (event.type !== 'ok') keywordToError(event, invoke);
  }
};

/**
 * Whether every invocation's value is a tuple of a key and a value, as jepsen.independent prints them. One compare-and-set alone does not
 * tell, `[1 2]` may be its own value; that of a keyed one holds the pair: `[k [1 2]]`.
 */
const isKeyed = (events: readonly Record<string, unknown>[]): boolean => {
  let invocations = 0;
  for (const { process, type, f, key, value } of events) {
    if (typeof process !== 'number' || type !== 'invoke') continue;
    invocations++;
    if (key !== undefined || !isTuple(value)) return false;
    if (f === 'cas' && !Array.isArray(value[1])) return false;
  }
  return invocations > 0;
};

const isTuple = (value: unknown): value is [string | number, unknown] =>
  Array.isArray(value) && value.length === 2 && (typeof value[0] === 'string' || typeof value[0] === 'number');

const splitKey = (event: Record<string, unknown>): void => {
  [event.key, event.value] = event.value as [unknown, unknown];
};

const splitCompletion = (event: Record<string, unknown>, invoke: Record<string, unknown>): void => {
  if (isTuple(event.value) && event.value[0] === invoke.key) splitKey(event);
  else event.key = invoke.key;
};

/** `:info :write :timed-out`: the operation that may have happened is the one that was invoked. */
const keywordToError = (event: Record<string, unknown>, invoke: Record<string, unknown>): void => {
  if (typeof event.value !== 'string' || event.value === invoke.value) return;
  event.error ??= event.value;
  event.value = invoke.value;
};
