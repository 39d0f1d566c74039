/**
 * The slowest checker there is, for tests only: tries every order of a small history against the model, straight from the definition.
 * Shares no code with the checkers but the models.
 */
import type { History } from '../../harness/history/event.ts';
import type { Call, Model } from '../linearizable/model.ts';

interface Item {
  readonly call: Call;
  readonly from: number;
  readonly to: number;
}

const itemsOf = (history: History): Item[] => {
  const items: Item[] = [];
  const clientOf = (process: unknown) => {
    const own = history.filter(event => event.process === process);
    const lost = own.at(-1)!.type === 'info' ? own.at(-2) : own.at(-1)!.type === 'invoke' ? own.at(-1) : undefined;
    const left = lost === undefined ? Number.POSITIVE_INFINITY : history.indexOf(lost);
    return { process: Number(process), came: history.indexOf(own[0]!), left };
  };
  history.forEach((event, from) => {
    if (event.type !== 'invoke') return;
    const to = history.findIndex((other, at) => at > from && other.process === event.process);
    const completion = to < 0 ? undefined : history[to]!;
    if (completion?.type === 'fail') return;
    const known = completion?.type === 'ok';
    const output = known ? completion.value : undefined;
    const call: Call = { f: event.f, input: event.value, output, client: clientOf(event.process) };
    items.push({
      call: known && completion.applied === false ? { ...call, applied: false } : call,
      from,
      to: known ? to : Number.POSITIVE_INFINITY,
    });
  });
  return items;
};

/** Whether some order of all answered and some unanswered operations respects real time and the model. One key; up to about 9 operations. */
export const linearizableByBruteForce = <State>(history: History, model: Model<State>): boolean => {
  const place = (state: State, rest: readonly Item[]): boolean => {
    if (rest.every(item => item.to === Number.POSITIVE_INFINITY)) return true;
    const firstReturn = Math.min(...rest.map(item => item.to));
    return rest.some(item => {
      if (item.from > firstReturn) return false;
      const next = model.step(state, item.call);
      return (
        next !== undefined &&
        place(
          next,
          rest.filter(other => other !== item),
        )
      );
    });
  };
  return place(model.init, itemsOf(history));
};
