import { processes } from '../../../harness/cluster/process/process-cluster.ts';
import { raft } from '../../../systems/raft/system.ts';
import { describeSystem } from './suite.ts';

describeSystem({ system: raft, provider: processes });
