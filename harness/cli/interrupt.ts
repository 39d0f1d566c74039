/** Ctrl-C and SIGTERM: the first asks everything to stop and clean up, the second stops waiting. */

export class Interrupted extends Error {}

export interface Interruption {
  readonly signal: AbortSignal;
  /** Gives the signals back to Node. */
  release(): void;
}

export const catchInterrupts = (say: (text: string) => void): Interruption => {
  const controller = new AbortController();
  const onSignal = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) {
      say(`${name} again: not waiting any longer; the watchdog ends what is left`);
      process.exit(130);
    }
    say(`${name}: healing and cleaning up; once more to stop at once`);
    controller.abort(new Interrupted(name));
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  process.on('SIGHUP', onSignal);
  return {
    signal: controller.signal,
    release: () => {
      for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(name, onSignal);
    },
  };
};
