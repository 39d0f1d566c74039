/** `ordeal clean`: ends and removes what controllers that are gone have left behind, and nothing else. */
import type { Command } from 'commander';
import { cleanLeftovers } from '../../cluster/clean.ts';

export const addCleanCommand = (program: Command): void => {
  program
    .command('clean')
    .description('end processes and remove things that runs of a dead controller left behind')
    .option(
      '--run <token>',
      'also remove what this run, which was started elsewhere, has on the Docker host (the token is its label ordeal.run)',
    )
    .option('--json', 'print what was done as one JSON document')
    .addHelpText('after', '\nExamples:\n  ordeal clean\n  ordeal clean --json')
    .action(async (options: { json?: boolean; run?: string }) => {
      const done = await cleanLeftovers(options.run);
      if (options.json) process.stdout.write(`${JSON.stringify({ cleaned: done }, null, 2)}\n`);
      else process.stdout.write(`${done.length === 0 ? 'nothing was left behind' : done.join('\n')}\n`);
    });
};
