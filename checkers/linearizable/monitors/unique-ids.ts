/** Identifiers: no two answers are the same. When they were given makes no difference, nor does what nobody was told. O(n). */
import type { Monitored } from '../model.ts';
import type { Subject } from '../subject.ts';
import { never } from '../subject.ts';
import { Numbering } from './numbering.ts';

export const monitorUniqueIds = (subjects: readonly Subject[]): Monitored => {
  const numbers = new Numbering();
  const firsts: number[] = [];
  for (let place = 0; place < subjects.length; place++) {
    const { invoke, completion, returned } = subjects[place]!;
    if (invoke.f !== 'generate' || returned === never || completion!.value === null) continue;
    const id = numbers.of(completion!.value);
    if (id < firsts.length) return { outcome: 'violation', method: 'unique-ids', suspects: [firsts[id]!, place], inseparable: true };
    firsts.push(place);
  }
  return { outcome: 'linearizable', method: 'unique-ids', suspects: [] };
};
