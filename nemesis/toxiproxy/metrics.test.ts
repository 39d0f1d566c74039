import { expect, test } from 'vitest';
import { ByteMetrics } from './metrics.ts';

const labels = { direction: 'upstream', proxy: 'p', listener: '127.0.0.1:1', upstream: 'x:2' } as const;

test('nothing is shown before there is something to show', () => {
  expect(new ByteMetrics().render()).toBe('');
});

test('connections with the same labels share a counter, and labels are escaped', () => {
  const metrics = new ByteMetrics();
  metrics.counter(labels).received += 3;
  metrics.counter(labels).received += 4;
  metrics.counter({ ...labels, proxy: 'a"\\\n' }).sent = 9;
  expect(metrics.render()).toBe(
    [
      '# HELP toxiproxy_proxy_received_bytes_total ',
      '# TYPE toxiproxy_proxy_received_bytes_total counter',
      'toxiproxy_proxy_received_bytes_total{direction="upstream",listener="127.0.0.1:1",proxy="a\\"\\\\\\n",upstream="x:2"} 0',
      'toxiproxy_proxy_received_bytes_total{direction="upstream",listener="127.0.0.1:1",proxy="p",upstream="x:2"} 7',
      '# HELP toxiproxy_proxy_sent_bytes_total ',
      '# TYPE toxiproxy_proxy_sent_bytes_total counter',
      'toxiproxy_proxy_sent_bytes_total{direction="upstream",listener="127.0.0.1:1",proxy="a\\"\\\\\\n",upstream="x:2"} 9',
      'toxiproxy_proxy_sent_bytes_total{direction="upstream",listener="127.0.0.1:1",proxy="p",upstream="x:2"} 0',
      '',
    ].join('\n'),
  );
});

test('series of proxies that are long gone make room', () => {
  const metrics = new ByteMetrics();
  for (let i = 0; i < 10_050; i++) metrics.counter({ ...labels, proxy: String(i) });
  expect(metrics.render().split('\n').length).toBeLessThan(20_010);
});
