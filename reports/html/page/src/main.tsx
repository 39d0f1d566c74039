import { render } from 'preact';
import { App } from './app.tsx';
import { loadSummary } from './load.ts';
import './style/base.css';
import './style/verdict.css';
import './style/tables.css';
import './style/lanes.css';
import './style/timeline.css';
import './style/small.css';
import './style/print.css';

const root = document.getElementById('app')!;

const start = async (): Promise<void> => {
  const summary = await loadSummary();
  document.title = `${summary.results.valid === true ? '✓' : summary.results.valid === false ? '✕' : '?'} ${summary.results.system} ${summary.results.workload} · Ordeal report`;
  render(<App summary={summary} />, root);
};

start().catch((error: unknown) => {
  root.setAttribute('role', 'alert');
  root.textContent = `This report could not be shown: ${error instanceof Error ? error.message : String(error)}`;
});
