// A controller to be killed: makes things of a run on the Docker host, joins containers of somebody else's, breaks them, and waits for its end.
import { connectEngine } from '../../../../dist/harness/cluster/docker/engine.js';
import { foundContainer } from '../../../../dist/harness/cluster/docker/found.js';
import { labelsOf, nameOf, undoneBy } from '../../../../dist/harness/cluster/docker/run-labels.js';
import { startWatchdog } from '../../../../dist/harness/cluster/watchdog/watchdog.js';

const [runFolder, image, ...foreign] = process.argv.slice(2);
const { docker, connection } = await connectEngine();
const watchdog = await startWatchdog(runFolder, () => {});
const run = watchdog.token;
const joined = foreign.map(id => docker.getContainer(id));
const found = await Promise.all(joined.map(async container => foundContainer(await container.inspect())));
watchdog.holdDocker({ connection, found });

const network = await docker.createNetwork({ Name: nameOf(run, 'net'), Labels: labelsOf(run) });
await docker.createVolume({ Name: nameOf(run, 'data'), Labels: labelsOf(run, 'n1') });
const start = async (what, labels, HostConfig) => {
  const options = { name: nameOf(run, what), Image: image, User: '0', Cmd: ['sleep', 'infinity'], Labels: labels, HostConfig };
  const container = await docker.createContainer(options);
  await container.start();
  return container;
};
const paused = await start('n1', labelsOf(run, 'n1'), { NetworkMode: nameOf(run, 'net'), Binds: [`${nameOf(run, 'data')}:/data`] });
await paused.pause();

if (joined.length > 0) {
  const [toPause, toKill, toCut] = joined;
  const labels = { ...labelsOf(run), ...undoneBy('ip', 'route', 'del', 'blackhole', '203.0.113.0/24') };
  const sidecar = await start('sidecar', labels, { NetworkMode: `container:${toPause.id}`, CapAdd: ['NET_ADMIN'] });
  const exec = await sidecar.exec({ Cmd: ['ip', 'route', 'add', 'blackhole', '203.0.113.0/24'], User: '0', AttachStdout: true });
  for await (const _chunk of await exec.start({})); // its end is the end of the stream
  await network.connect({ Container: toCut.id });
  await toPause.update({ CpuPeriod: 100_000, CpuQuota: 5_000 });
  await toPause.pause();
  await toKill.kill();
  for (const { id } of found[2].networks) await docker.getNetwork(id).disconnect({ Container: toCut.id });
}
console.log(`run ${run}`);
setInterval(() => {}, 1000);
