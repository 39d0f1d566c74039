/** Skipped where there is no Docker daemon, unless in CI. */
import { docker } from '../../../harness/cluster/docker/docker-cluster.ts';
import { dockerHere } from '../../../harness/cluster/docker/testing/docker-here.ts';
import { etcd } from '../../../systems/etcd/system.ts';
import { raft } from '../../../systems/raft/system.ts';
import { redis } from '../../../systems/redis/system.ts';
import { describeSystem } from './suite.ts';

const skip = dockerHere ? undefined : 'there is no Docker here';

describeSystem({ system: etcd, provider: docker, given: { version: '3.4' }, skip });
describeSystem({ system: etcd, provider: docker, given: { version: '3.6' }, skip });
describeSystem({ system: redis, provider: docker, skip });
describeSystem({ system: raft, provider: docker, skip });
