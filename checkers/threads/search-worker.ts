/** A searching thread: one hard key at a time. */
import { judgeBySearch, judgeGuards } from '../linearizable/judge-key.ts';
import { models } from '../models/registry.ts';
import { type SearchAnswer, type SearchTask, sharedNow } from './search-task.ts';

const search = ({ what, deadline, memoryBytes, residentBytes, threads }: SearchTask): SearchAnswer => {
  const grown = (): number => (process.memoryUsage.rss() - residentBytes) / threads;
  const limits = { now: sharedNow, deadline, memoryBytes, grown };
  return 'guards' in what ? judgeGuards(what.guards, limits) : models[what.model]!(model => judgeBySearch(what.subjects, model, limits));
};

export default search;
