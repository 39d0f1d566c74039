/** The page from top to bottom: verdict, counterexample, timeline, and the tables behind them. */
import { useEffect, useState } from 'preact/hooks';
import type { Summary } from '../../payload.ts';
import { Availability } from './availability.tsx';
import { Checks } from './checks.tsx';
import { Counterexamples } from './counterexamples.tsx';
import { Faults } from './faults.tsx';
import { loadOperations, type Operations } from './load.ts';
import { Logs } from './logs.tsx';
import { OperationPanel } from './operation-panel.tsx';
import { Power } from './power.tsx';
import { linkTo, useRoute } from './route.ts';
import { Setup } from './setup.tsx';
import { Timeline } from './timeline/timeline.tsx';
import { Troubles } from './troubles.tsx';
import { Verdict } from './verdict.tsx';

export const App = ({ summary }: { summary: Summary }) => {
  const [operations, setOperations] = useState<Operations>();
  const [failure, setFailure] = useState<string>();
  const route = useRoute(operations !== undefined);
  useEffect(() => {
    loadOperations().then(setOperations, (error: unknown) => setFailure(String(error)));
  }, []);
  const { results } = summary;
  return (
    <main data-ready={operations !== undefined}>
      <Verdict summary={summary} />
      <Contents summary={summary} />
      {failure && <p role="alert">The operations could not be read: {failure}</p>}
      <Counterexamples summary={summary} operations={operations} route={route} />
      <Timeline summary={summary} operations={operations} />
      {operations && route?.to === 'operation' && <OperationPanel summary={summary} operations={operations} index={route.index} />}
      <Faults results={results} />
      <Availability results={results} />
      <Checks results={results} />
      <Power results={results} />
      <Troubles results={results} />
      <Logs summary={summary} />
      <Setup results={results} />
    </main>
  );
};

/** Links to the parts that this report has. */
const Contents = ({ summary: { results, logs } }: { summary: Summary }) => {
  const parts: [id: string, name: string, there: boolean][] = [
    ['counterexample', 'Contradiction', results.checks.some(({ anomalies }) => anomalies.length > 0)],
    ['timeline', 'Timeline', true],
    ['faults', 'Faults', true],
    ['availability', 'Availability', true],
    ['checks', 'Checks', true],
    ['power', 'Power', results.power !== undefined || (results.lint?.length ?? 0) > 0],
    ['warnings', 'Warnings', results.warnings.length + results.exits.length > 0],
    ['logs', 'Node logs', logs.length > 0],
    ['setup', 'What was tested', true],
  ];
  return (
    <nav aria-label="Parts of this report">
      {parts.flatMap(([id, name, there]) =>
        there ? (
          <a key={id} href={linkTo({ to: 'section', id })}>
            {name}
          </a>
        ) : (
          []
        ),
      )}
    </nav>
  );
};
