/** What Jepsen's histories say in another way than the contract does. Works on the columns of a history that is complete. */
import { type EventColumns, invokeType, nemesisProcess, okType, unpaired } from './event-columns.ts';
import { absent, type Code, isNumber, isString } from './value-table.ts';

/** In place: independent keys become `key`, and a keyword in place of a value becomes the error. O(n). */
export const tidyForeign = (columns: EventColumns): void => {
  const keyed = isKeyed(columns);
  for (let i = 0; i < columns.length; i++) {
    if (columns.process[i] === nemesisProcess) continue;
    if (columns.type[i] === invokeType) {
      if (keyed) splitKey(columns, i);
      continue;
    }
    const invoked = columns.mate[i]!;
    if (invoked === unpaired) continue;
    if (keyed) splitCompletion(columns, i, invoked);
    if (columns.type[i] !== okType) keywordToError(columns, i, invoked);
  }
};

/**
 * Whether every invocation's value is a tuple of a key and a value, as jepsen.independent prints them. One compare-and-set alone does not
 * tell, `[1 2]` may be its own value; that of a keyed one holds the pair: `[k [1 2]]`.
 */
const isKeyed = (columns: EventColumns): boolean => {
  const { table } = columns;
  const cas = table.string('cas');
  let invocations = 0;
  for (let i = 0; i < columns.length; i++) {
    if (columns.process[i] === nemesisProcess || columns.type[i] !== invokeType) continue;
    invocations++;
    const value = columns.value[i]!;
    if (columns.key[i] !== absent || !isTuple(columns, value)) return false;
    if (columns.f[i] === cas && !table.isList(table.itemOf(value, 1))) return false;
  }
  return invocations > 0;
};

const isTuple = ({ table }: EventColumns, code: Code): boolean => {
  if (!table.isList(code) || table.sizeOf(code) !== 2) return false;
  const key = table.itemOf(code, 0);
  return isString(key) || isNumber(key);
};

const splitKey = (columns: EventColumns, index: number): void => {
  const value = columns.value[index]!;
  columns.key[index] = columns.table.itemOf(value, 0);
  columns.value[index] = columns.table.itemOf(value, 1);
};

const splitCompletion = (columns: EventColumns, index: number, invoked: number): void => {
  const value = columns.value[index]!;
  const key = columns.key[invoked]!;
  if (isTuple(columns, value) && columns.table.itemOf(value, 0) === key) splitKey(columns, index);
  else columns.key[index] = key;
};

/** `:info :write :timed-out`: the operation that may have happened is the one that was invoked. */
const keywordToError = (columns: EventColumns, index: number, invoked: number): void => {
  const { table } = columns;
  const value = columns.value[index]!;
  if (!isString(value) || value === columns.value[invoked]) return;
  const extras = columns.extrasOf(index);
  const members = extras === absent ? {} : (table.decode(extras) as object);
  if (!('error' in members)) columns.setExtras(index, table.encode({ ...members, error: table.decode(value) }));
  columns.value[index] = columns.value[invoked]!;
};
