/** `ordeal toxiproxy`: the embedded Toxiproxy server alone, with the flags of the real one. */
import type { Command } from 'commander';
import { runToxiproxyServer } from '../../../nemesis/toxiproxy/server.ts';

export const addToxiproxyCommand = (program: Command): void => {
  program
    .command('toxiproxy')
    .description('the embedded Toxiproxy server alone, with the flags of the real one (--host, --port, --config, …)')
    .passThroughOptions()
    .allowUnknownOption()
    .allowExcessArguments()
    .helpOption(false)
    .argument('[flags...]')
    .action(async (flags: string[]) => {
      process.exitCode = await runToxiproxyServer(flags);
    });
};
