import { type AttachmentState, withStrategy } from '../../../../adapters/ccxt/index.ts';
import type { Trade } from '../../../../src/index.ts';
import { START } from '../../../fixtures.ts';
import { Bot } from './bots/bot.ts';
import type { Make } from './bots/desk.ts';
import type { Program } from './bots/program.ts';
import type { Clients } from './clients.ts';
import { Clock } from './clock.ts';
import { close, happen } from './happenings.ts';
import {
  type Attach,
  type Coverage,
  changedFunctions,
  engineFor,
  type Mode,
  ownOf,
  realAttach,
  sizingFor,
} from './overlays.ts';
import { type CallRecord, Recorder } from './recording.ts';
import type { LoggedRequest, Server } from './server.ts';
import { Venue } from './venue/venue.ts';

/** Everything that one run of a program left. */
export interface RunRecord {
  readonly mode: Mode;
  readonly program: Program;
  readonly venue: Venue;
  readonly log: readonly LoggedRequest[];
  readonly calls: readonly CallRecord[];
  readonly trades: readonly Trade[];
  readonly coverage: Coverage;
  readonly errors: Readonly<Record<string, number>>;
  /** What is left on the client after it was detached. */
  readonly leftovers: readonly string[];
  /** What is wrapped although the overlay is off. */
  readonly wrapped: readonly string[];
  /** Errors that escaped from anywhere. */
  readonly escaped: readonly unknown[];
  /** Whether every strategy closed its own. */
  readonly closedOwn: boolean;
}

/** Where programs are run. */
export interface World {
  readonly server: Server;
  readonly clients: Clients;
  readonly attach?: Attach;
}

const STRATEGIES = ['first', 'second'] as const;
const NOTHING_SEEN: Coverage = { judged: 0, unjudged: {}, unknownExits: 0 };

/** One run of a program on a venue of its own. One at a time: a run takes the place of the machine's clock. */
export async function run(program: Program, mode: Mode, world: World): Promise<RunRecord> {
  const { server, clients, attach = realAttach } = world;
  const { style, steps } = program;
  const { kind } = program.venue;
  const clock = new Clock(START);
  const venue = new Venue(program.venue, clock);
  const account = server.open(venue);
  const engine = engineFor(mode, program);
  const recorder = new Recorder(account);
  const [leftovers, wrapped, escaped]: [string[], string[], unknown[]] = [[], [], []];
  const onEscape = (error: unknown) => void escaped.push(error);

  async function connect(state?: AttachmentState) {
    const client = await clients.take(kind, account);
    const before = ownOf(client);
    const options = {
      strategy: STRATEGIES[0],
      sizing: sizingFor(mode, program),
      ...(state ? { state } : {}),
    };
    const detach = engine && attach(client, { engine, ...options });
    if (mode === 'off') wrapped.push(...changedFunctions(client, before));
    return { client, before, detach };
  }

  /** Takes the overlay off; a client on which something is left is not used again. */
  function disconnect({ client, before, detach }: Awaited<ReturnType<typeof connect>>): void {
    detach?.();
    const left = changedFunctions(client, before);
    leftovers.push(...left);
    if (left.length === 0) clients.give(kind, client);
  }

  let closedOwn = false;
  process.on('unhandledRejection', onEscape);
  const uninstall = clock.install();
  let connection = await connect();
  const bots = STRATEGIES.slice(0, style.strategies).map((name) => {
    const make: Make = (calls, call) => recorder.make(calls, () => withStrategy(name, call));
    return new Bot(connection.client, program, style.strategies > 1 ? make : recorder.make, `bot-${name}`);
  });
  try {
    for (const [i, step] of steps.entries()) {
      recorder.step = i;
      await clock.pass(style.pace);
      if (step.do === 'restart') {
        const state = connection.detach && JSON.parse(JSON.stringify(connection.detach.state()));
        disconnect(connection);
        await clock.quiet();
        happen(account, { ...step, do: 'move', by: step.away });
        connection = await connect(state ?? undefined);
        for (const bot of bots) bot.use(connection.client);
      } else if (!happen(account, step))
        await bots[step.who % bots.length]!.act(step, venue.price(venue.instruments[step.on]!));
    }
    recorder.step = steps.length;
    closedOwn = await close(bots, account);
    await clock.pass(1000);
    await connection.detach?.settled();
  } finally {
    server.close(account);
    disconnect(connection);
    uninstall();
    process.off('unhandledRejection', onEscape);
  }
  return {
    mode,
    program,
    venue,
    log: account.log,
    calls: recorder.calls,
    trades: engine?.decomposer.getTradeHistory() ?? [],
    coverage: engine?.getCoverage() ?? NOTHING_SEEN,
    errors: engine?.getOptimizationStatus().errors ?? {},
    leftovers,
    wrapped,
    escaped,
    closedOwn,
  };
}
