/** Whether nodes answer their controller. */
import type { Evidence, FaultContext } from '../../harness/protocol/fault.ts';
import type { NodeId } from '../../harness/protocol/system.ts';
import { within } from '../../harness/std/deadline.ts';
import { hindrance } from './claims.ts';
import { effective, ineffective, listed, untilNoComplaint } from './evidence.ts';

export const answers = ({ cluster }: FaultContext, node: NodeId, signal: AbortSignal): Promise<boolean> =>
  cluster.ready(node, signal).then(
    () => true,
    () => false,
  );

/** A node that runs answers within this, however busy the machine. */
const answerMs = 1000;

/** Asks until all that run answer; a node that another fault has stopped or keeps from serving is excused. `did`: `resumed`. */
export const answerAgain = async (context: FaultContext, nodes: readonly NodeId[], did: string, signal: AbortSignal): Promise<Evidence> => {
  const { cluster } = context;
  const expected = () => nodes.filter(node => cluster.state(node) === 'running' && hindrance(cluster, node) === undefined);
  const complain = async (): Promise<string | undefined> => {
    const asked = expected();
    const answered = await Promise.all(asked.map(node => answers(context, node, within(answerMs, signal))));
    const mute = asked.filter((node, i) => !answered[i] && expected().includes(node));
    return mute.length > 0 ? `${listed(mute)} did not answer after being ${did}` : undefined;
  };
  const complaint = await untilNoComplaint(complain, signal);
  if (complaint !== undefined) return ineffective(complaint);
  const others = nodes
    .filter(node => !expected().includes(node))
    .map(node => `${node} is ${cluster.state(node) === 'running' ? hindrance(cluster, node) : cluster.state(node)} by another fault`);
  return effective([`${listed(nodes)} ${did} and answer`, ...others].join('; '));
};
