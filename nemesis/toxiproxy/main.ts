/** The embedded Toxiproxy as a program of its own: `node dist/nemesis/toxiproxy/main.js --port 0`. */
import { runToxiproxyServer } from './server.ts';

process.exit(await runToxiproxyServer(process.argv.slice(2)));
