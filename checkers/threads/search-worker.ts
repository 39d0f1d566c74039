/** A searching thread: one hard key at a time. */
import { judgeKey } from '../linearizable/judge-key.ts';
import { models } from '../models/registry.ts';
import { type SearchAnswer, type SearchTask, sharedNow } from './search-task.ts';

const search = ({ model, subjects, deadline, memoryBytes, residentBytes, threads }: SearchTask): SearchAnswer => {
  const grown = (): number => (process.memoryUsage.rss() - residentBytes) / threads;
  const limits = { now: sharedNow, deadline, memoryBytes, grown };
  const { register: _, ...answer } = models[model]!(known => judgeKey(subjects, known, limits));
  return answer;
};

export default search;
