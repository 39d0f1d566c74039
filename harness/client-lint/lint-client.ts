/** Drives a client against a scripted server and says which of the classic mistakes it makes. */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import type { Endpoint } from '../protocol/system.ts';
import { sleep } from '../std/deadline.ts';
import { environmentError, messageOf, UserError } from '../std/user-error.ts';
import type { Finding, LintReport, Mistake, ScenarioReport } from './report.ts';
import { type Misbehaviour, type ScriptedServer, startScriptedServer } from './scripted-server.ts';
import type { Asked, Driver, Outcome, Subject } from './subject.ts';

export interface LintOptions {
  readonly subject: Subject;
  readonly workload: string;
  /** A server that works; without one only what needs no good answer is tried. */
  readonly upstream: Endpoint | undefined;
  readonly timeoutMs: number;
  readonly onScenario?: (report: ScenarioReport) => void;
}

interface Operations {
  readonly write: (key: string) => Asked;
  readonly read: (key: string) => Asked;
  /** Whether a read's value shows that `write` was done on its key. */
  readonly shows: (value: unknown, key: string) => boolean;
}

/** Values that belong to one key only, so that an answer to somebody else is recognised. */
const uniqueTo = (key: string): number => Number.parseInt(key.slice(-6), 16) + 1;

const operations: Readonly<Record<string, Operations>> = {
  register: {
    write: key => ({ f: 'write', key, value: uniqueTo(key) }),
    read: key => ({ f: 'read', key, value: null }),
    shows: (value, key) => value === uniqueTo(key),
  },
  'list-append': {
    write: key => ({ f: 'txn', key: undefined as never, value: [['append', key, uniqueTo(key)]] }),
    read: key => ({ f: 'txn', key: undefined as never, value: [['r', key, null]] }),
    shows: (value, key) => JSON.stringify(value ?? null).includes(`[${uniqueTo(key)}]`),
  },
};

/** Throws a usage error for a workload whose operations it does not know. */
export const lintClient = async (options: LintOptions): Promise<LintReport> => {
  const known = operations[options.workload];
  if (known === undefined)
    throw new UserError('usage', 'unknown-workload', `lint-client cannot ask the operations of workload ${options.workload}`, {
      hint: `it knows ${Object.keys(operations).join(', ')}`,
    });
  const lint = new Lint(options, known);
  await lint.run();
  return lint.report();
};

/** A tolerance for machines that are busy. */
const lateMs = 150;

class Lint {
  readonly #options: LintOptions;
  readonly #operations: Operations;
  readonly #findings: Finding[] = [];
  readonly #scenarios: ScenarioReport[] = [];
  /** Which request of an operation is the one that does it, and how many carry its key, when all is well. */
  #turn = 1;
  #usual = 1;

  constructor(options: LintOptions, known: Operations) {
    this.#options = options;
    this.#operations = known;
  }

  report(): LintReport {
    return { clean: this.#findings.every(({ level }) => level !== 'mistake'), findings: this.#findings, scenarios: this.#scenarios };
  }

  async run(): Promise<void> {
    const real = this.#options.upstream !== undefined;
    if (real) await this.#scenario('works', server => this.#works(server));
    else this.#skip('works', 'needs a server that works: --at HOST:PORT');
    await this.#refused();
    if (this.#findings.some(({ mistake }) => mistake === 'does-not-work')) return;
    await this.#scenario('silence after the request', server => this.#broken(server, { does: 'silent' }, 'timeout-as-fail'));
    await this.#scenario('connection closed after the request', server => this.#broken(server, { does: 'close' }, 'cut-as-fail'));
    await this.#scenario('an answer that makes no sense', server => this.#broken(server, { does: 'garbage' }, 'nonsense-as-fail'));
    for (const [name, script, as] of [
      ['half an answer', { does: 'half' }, 'cut-as-fail'],
      ['an answer after the deadline', { does: 'late', ms: this.#options.timeoutMs + 250 }, 'timeout-as-fail'],
    ] as const)
      if (real) await this.#scenario(name, server => this.#broken(server, script, as));
      else this.#skip(name, 'needs a server that works: --at HOST:PORT');
    if (real) await this.#scenario('the next operation after a timeout', server => this.#reuse(server));
    else this.#skip('the next operation after a timeout', 'needs a server that works: --at HOST:PORT');
  }

  async #works(server: ScriptedServer): Promise<undefined> {
    const key = newKey();
    const driver = await this.#tryOpen(server.at);
    if (typeof driver === 'string') return this.#find('does-not-work', `it did not connect: ${driver}`);
    try {
      server.arm({ does: 'nothing' });
      const written = await driver.ask(this.#operations.write(key));
      const sent = server.requests();
      this.#usual = Math.max(1, carrying(sent, key));
      this.#turn = Math.max(1, sent.length);
      if (written.type !== 'ok') return this.#find('does-not-work', `a write was ${describe(written)}`);
      if (sent.length === 0) return this.#find('swallowed-error', 'a write was ok, and nothing was sent');
      if (this.#usual > 1) this.#find('hidden-retry', `one write was sent ${this.#usual} times although it was answered`);
      const read = await driver.ask(this.#operations.read(key));
      if (read.type !== 'ok') this.#find('does-not-work', `a read was ${describe(read)}`);
      else if (!this.#operations.shows(read.value, key))
        this.#find('ok-without-value', `read ${JSON.stringify(read.value) ?? 'nothing'} after ${uniqueTo(key)} was written`);
    } finally {
      await driver.close();
    }
  }

  async #refused(): Promise<void> {
    await this.#scenario('refused connection', async () => {
      const driver = await this.#tryOpen(await closedPort());
      if (typeof driver === 'string') return undefined; // said so at once: the harness turns that into a fail
      try {
        const outcome = await driver.ask(this.#operations.write(newKey()));
        if (outcome.type === 'info')
          this.#find('refused-as-info', `a write to a port where nobody listens was ${describe(outcome)}`, 'warning');
        else this.#judge(outcome, undefined);
      } finally {
        await driver.close();
      }
    });
  }

  /** One write whose answer does not come as it should: only info is true, unless nothing was sent. */
  async #broken(server: ScriptedServer, script: Misbehaviour, asFail: Mistake): Promise<string | undefined> {
    const driver = await this.#tryOpen(server.at);
    if (typeof driver === 'string') return `it does not connect to a server that says nothing (${driver}): --at HOST:PORT`;
    const key = newKey();
    try {
      server.arm(script, this.#turn);
      const outcome = await driver.ask(this.#operations.write(key));
      await sleep(50);
      const sent = carrying(server.requests(), key);
      if (sent > this.#usual) this.#find('hidden-retry', `one write was sent ${sent} times`);
      if (!server.triggered()) {
        if (outcome.type === 'ok') this.#find('swallowed-error', 'a write was ok, and nothing was sent');
        return 'it did not send a request';
      }
      if (outcome.type === 'ok' && sent > this.#usual) return undefined; // answered, the second time
      this.#judge(outcome, asFail);
      return undefined;
    } finally {
      await driver.close();
    }
  }

  /** Reads one key without an answer in time, then another: the late answer must not be taken for the other one's. */
  async #reuse(server: ScriptedServer): Promise<string | undefined> {
    const [first, second] = [newKey(), newKey()];
    let driver = await this.#open(server.at);
    try {
      for (const key of [first, second]) await driver.ask(this.#operations.write(key));
      server.arm({ does: 'late', ms: this.#options.timeoutMs + 200 }, this.#turn);
      const given = await driver.ask(this.#operations.read(first));
      if (given.type === 'ok') return 'its read was answered in time';
      if (!driver.usable()) {
        // As the harness does: another client takes over while the late answer is still on its way.
        await driver.close();
        driver = await this.#open(server.at);
      }
      const next = await driver.ask(this.#operations.read(second));
      if (next.type === 'ok' && this.#operations.shows(next.value, first))
        this.#find(
          'reuse-after-info',
          `a read of one key was answered with the value of the one that was asked for before: ${JSON.stringify(next.value)}`,
        );
      return undefined;
    } finally {
      await driver.close();
    }
  }

  #judge(outcome: Outcome, asFail: Mistake | undefined): void {
    const { timeoutMs } = this.#options;
    if (outcome.type === 'ok') this.#find('swallowed-error', `a write was ${describe(outcome)}`);
    else if (outcome.type === 'never')
      this.#find('no-deadline', `nothing was said ${outcome.afterMs} ms after a write with a deadline of ${timeoutMs} ms`);
    else if (outcome.type === 'crashed') this.#find('crash', outcome.message, 'warning');
    else if (outcome.type === 'fail' && asFail !== undefined) this.#find(asFail, `a write was ${describe(outcome)}`);
    if (outcome.type !== 'never' && outcome.afterMs > timeoutMs + lateMs)
      this.#find('late-answer', `${outcome.type} came ${outcome.afterMs} ms after a write with a deadline of ${timeoutMs} ms`);
  }

  async #open(at: Endpoint): Promise<Driver> {
    const driver = await this.#tryOpen(at);
    if (typeof driver === 'string') throw new Error(driver);
    return driver;
  }

  /** Resolves to why it does not connect, if so. */
  async #tryOpen(at: Endpoint): Promise<Driver | string> {
    try {
      return await this.#options.subject.open(at);
    } catch (thrown) {
      const unable = environmentError(thrown);
      if (unable?.code === 'client-program-missing') throw new Unable(unable);
      return messageOf(thrown);
    }
  }

  #current = '';

  /** `play` resolves to why it could not be played, if so. */
  async #scenario(name: string, play: (server: ScriptedServer) => Promise<string | undefined>): Promise<void> {
    this.#current = name;
    const before = this.#findings.length;
    const server = await startScriptedServer(this.#options.upstream);
    try {
      const reason = await play(server);
      const failed = this.#findings.slice(before).some(({ level }) => level === 'mistake');
      this.#note({
        name,
        status: failed ? 'failed' : reason === undefined ? 'passed' : 'skipped',
        ...(reason === undefined || failed ? {} : { reason }),
      });
    } catch (thrown) {
      if (thrown instanceof Unable) throw thrown.error;
      this.#note({ name, status: 'skipped', reason: messageOf(thrown) });
    } finally {
      await server.close();
    }
  }

  #skip(name: string, reason: string): void {
    this.#note({ name, status: 'skipped', reason });
  }

  #note(report: ScenarioReport): void {
    this.#scenarios.push(report);
    this.#options.onScenario?.(report);
  }

  #find(mistake: Mistake, detail: string, level: 'mistake' | 'warning' = 'mistake'): undefined {
    this.#findings.push({ scenario: this.#current, mistake, level, detail });
  }
}

/** Not the client's mistake, and not to be mistaken for a refused connection. */
class Unable extends Error {
  readonly error: UserError;
  constructor(error: UserError) {
    super(error.message);
    this.error = error;
  }
}

const newKey = (): string => `lint-${randomBytes(4).toString('hex')}`;

/** How many requests carry the key, as text or in base64; 0 where the client writes it in some other way. */
const carrying = (requests: readonly Buffer[], key: string): number => {
  const signs = [key, Buffer.from(key).toString('base64').replace(/=+$/, '').slice(0, -1)];
  return requests.filter(request => signs.some(sign => request.includes(sign))).length;
};

const describe = (outcome: Outcome): string =>
  'error' in outcome
    ? `${outcome.type} (${outcome.error.name}: ${outcome.error.message})`
    : outcome.type === 'ok'
      ? `ok (${JSON.stringify(outcome.value)})`
      : outcome.type;

/** A port on which nobody listens. */
const closedPort = async (): Promise<Endpoint> => {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise(resolve => server.close(resolve));
  return { host: '127.0.0.1', port };
};
