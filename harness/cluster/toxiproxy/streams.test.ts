import { expect, test } from 'vitest';
import { parseCounters } from './metrics.ts';
import { countersByFlow, flowKey, flowsOf, linksOf, streamsOf } from './streams.ts';

const ports = { peer: { reachedBy: ['peers'] }, client: { reachedBy: ['clients'] }, admin: { reachedBy: ['controller'] } } as const;
const links = linksOf(['n1', 'n2', 'n3'], ports);

test('every ordered pair of nodes has a link, clients have one to every node, the controller has none', () => {
  expect(links.map(({ from, to, port }) => `${from}>${to} ${port}`)).toEqual([
    'n1>n2 peer',
    'n1>n3 peer',
    'n2>n1 peer',
    'n2>n3 peer',
    'n3>n1 peer',
    'n3>n2 peer',
    'clients>n1 client',
    'clients>n2 client',
    'clients>n3 client',
  ]);
});

test('every link carries two flows, each counted once', () => {
  const flows = flowsOf(links).map(flowKey);
  expect(flows).toHaveLength(12);
  expect(new Set(flows).size).toBe(12);
  expect(flows).toContain('n1>clients');
});

test('packets a>b travel upstream in links a->b and downstream in links b->a', () => {
  const streams = streamsOf(links, [{ from: 'n1', to: 'n2' }]).map(({ link, stream }) => `${link.from}->${link.to} ${stream}`);
  expect(streams).toEqual(['n1->n2 upstream', 'n2->n1 downstream']);
});

test('a node answers its clients downstream, in the links that they opened', () => {
  const streams = streamsOf(links, [{ from: 'n1', to: 'clients' }]).map(({ link, stream }) => `${link.from}->${link.to} ${stream}`);
  expect(streams).toEqual(['clients->n1 downstream']);
});

test('flows that no link carries have no streams', () => {
  expect(streamsOf(links, [{ from: 'n1', to: 'n9' }])).toEqual([]);
});

const text = `# TYPE toxiproxy_proxy_received_bytes_total counter
toxiproxy_proxy_received_bytes_total{direction="upstream",listener="127.0.0.1:1",proxy="a",upstream="127.0.0.1:2"} 86
toxiproxy_proxy_received_bytes_total{direction="downstream",listener="127.0.0.1:3",proxy="b",upstream="127.0.0.1:4"} 1.5e+03
toxiproxy_proxy_sent_bytes_total{direction="upstream",listener="127.0.0.1:1",proxy="a",upstream="127.0.0.1:2"} 80
`;

test('counters of all streams of a flow are summed', () => {
  const two = [
    { from: 'n1', to: 'n2', port: 'peer', name: 'a' },
    { from: 'n2', to: 'n1', port: 'peer', name: 'b' },
  ];
  const counters = countersByFlow(two, parseCounters(text)!);
  expect(counters.get('n1>n2')).toEqual({ receivedBytes: 1586, sentBytes: 80 });
  expect(counters.get('n2>n1')).toEqual({ receivedBytes: 0, sentBytes: 0 });
});

test('a server without proxy metrics has no counters', () => {
  expect(parseCounters('# HELP go_goroutines\ngo_goroutines 7\n')).toBeUndefined();
});
