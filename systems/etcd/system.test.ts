import { expect, test } from 'vitest';
import { resolveOptions } from '../../harness/protocol/options.ts';
import { etcd } from './system.ts';

const nodes = ['n1', 'n2', 'n3'];
const container = (id: string, given = {}) => etcd.container!({ id, nodes, bugs: [], options: resolveOptions(etcd.options, given) });

test('every node is told of all, and announces itself by its host name', () => {
  expect(container('n2').command).toEqual(
    expect.arrayContaining([
      '--name=n2',
      '--advertise-client-urls=http://n2:2379',
      '--initial-advertise-peer-urls=http://n2:2380',
      '--initial-cluster=n1=http://n1:2380,n2=http://n2:2380,n3=http://n3:2380',
      '--heartbeat-interval=50',
      '--election-timeout=500',
    ]),
  );
});

test('3.4 is Debian’s, 3.6 is built from its module or pulled', () => {
  expect(container('n1', { version: '3.4' }).image).not.toHaveProperty('files');
  expect(container('n1').image).toMatchObject({ official: 'quay.io/coreos/etcd:v3.6.6', files: { etcd: expect.any(Function) } });
});

test('its data is on the volume that survives a kill', () => {
  const { dataDir, command } = container('n1');
  expect(command!.find(flag => flag.startsWith('--data-dir='))).toBe(`--data-dir=${dataDir}/n1.etcd`);
});
