// One node of the echo system: a plain Node program. Its configuration is its first argument, in JSON.
// Port `peer` echoes bytes. Port `control` answers one JSON line per JSON line:
//   {"do":"ping"} {"do":"clock"} {"do":"skew","offsetMs","rate"} {"do":"dial","to","host","port"} {"do":"say","to","text"} {"do":"heard","from"} {"do":"exit","code"}

import { appendFileSync, readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';

const config = JSON.parse(process.argv[2]);
if (config.dieAtStart) {
  console.error('cannot open the data file: it is cursed');
  process.exit(3);
}
// The first process of a container ends by SIGTERM only if it says so.
process.on('SIGTERM', () => process.exit(0));
const startsFile = `${config.dataDir}/starts`;
appendFileSync(startsFile, 'x');

/** One long-lived connection per peer that this node dials; what comes back is kept in order. */
const dialled = new Map();
let skew = config.clock;
const base = { wall: Date.now(), mono: performance.now() };
const readClock = () => {
  const mono = (performance.now() - base.mono) * skew.rate;
  return { wallMs: base.wall + mono + skew.offsetMs, monotonicMs: mono };
};

const handlers = {
  ping: () => ({ starts: readFileSync(startsFile, 'utf8').length }),
  clock: readClock,
  skew: ({ offsetMs, rate }) => {
    Object.assign(base, { wall: Date.now(), mono: performance.now() });
    skew = { offsetMs, rate };
    return {};
  },
  dial: ({ to, host, port }) =>
    new Promise(resolve => {
      const link = { socket: connect(port, host), heard: '', closed: false };
      dialled.set(to, link);
      link.socket.setEncoding('utf8');
      link.socket.on('data', text => (link.heard += text));
      link.socket.on('error', () => (link.closed = true));
      link.socket.on('close', () => (link.closed = true));
      link.socket.once('connect', () => resolve({}));
    }),
  say: ({ to, text }) => {
    dialled.get(to).socket.write(text);
    return {};
  },
  heard: ({ to }) => ({ text: dialled.get(to).heard, closed: dialled.get(to).closed }),
  exit: ({ code }) => {
    console.error('told to exit');
    setTimeout(() => process.exit(code), 5);
    return {};
  },
};

const listen = (server, { host, port }) => server.listen(port, host);
const quiet = socket => socket.on('error', () => {});
listen(
  createServer(socket => quiet(socket).pipe(socket)),
  config.listen.peer,
);
if (!config.neverReady)
  listen(
    createServer(socket => {
      quiet(socket);
      let asked = '';
      socket.setEncoding('utf8').on('data', async text => {
        asked += text;
        if (!asked.endsWith('\n')) return;
        const request = JSON.parse(asked);
        asked = '';
        socket.write(`${JSON.stringify(await handlers[request.do](request))}\n`);
      });
    }),
    config.listen.control,
  );
