import { type AttachmentState, attach, type Detach, type Sizing } from '../../../../adapters/ccxt/index.ts';
import { scriptedEngine } from '../../../../adapters/conformance/index.ts';
import { OptimizationEngine, type Trade } from '../../../../src/index.ts';
import { HOUR, START } from '../../../fixtures.ts';
import { Bot, type OrderCallMade } from './bot.ts';
import type { Client, Clients } from './clients.ts';
import { Clock } from './clock.ts';
import type { Params } from './front.ts';
import { floorStep, type Instrument } from './instruments.ts';
import type { Program, Step } from './program.ts';
import { type Account, isPlacing, type LoggedRequest, type Server } from './server.ts';
import { BNB_PRICE, isOpen, type Order, Venue } from './venue.ts';

/** With what between the bot and its client. */
export const MODES = ['bare', 'off', 'neutral', 'veto', 'half'] as const;
export type Mode = (typeof MODES)[number];

/** A call of the bot, what was true when it was made, and what came of it. */
export interface CallRecord extends Omit<OrderCallMade, 'make'> {
  readonly step: number;
  /** Signed size that the venue held on this market and side. */
  readonly position: number;
  /** Between what it may be by the time that the order arrives: open orders fill, lost ones turn up. */
  readonly low: number;
  readonly high: number;
  readonly time: number;
  /** Whether the venue took it. */
  readonly arrived: boolean;
  /** What went to the venue for it. */
  readonly sent: readonly LoggedRequest[];
  /** Whether it was on its way before anything else could happen. */
  readonly prompt: boolean;
  readonly result?: unknown;
  readonly error?: Error;
}

/** Everything that one run of a program left. */
export interface RunRecord {
  readonly mode: Mode;
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
  readonly owner: boolean;
}

const STRATEGY = 'world';
/** What an engine saw and what it did not. */
export interface Coverage {
  readonly judged: number;
  readonly unjudged: Readonly<Record<string, number>>;
  readonly unknownExits: number;
}

type Covering = OptimizationEngine & {
  getCoverage?: () => Coverage;
};

function engineFor(mode: Mode, { vetoes }: Program): OptimizationEngine | null {
  if (mode === 'bare') return null;
  if (mode === 'off') return new OptimizationEngine({ enabled: false });
  let decisions = 0;
  const engine = scriptedEngine(() => {
    const vetoed = ((vetoes >> (decisions % 8)) & 1) === 1;
    decisions += 1;
    if (mode === 'neutral') return 1;
    return mode === 'half' ? 0.5 : vetoed ? 0 : 1;
  });
  // The bot's owner keeps BNB for fees, and its price is known.
  engine.recordCandle('BNB/USDT', engine.config.timeframe, {
    time: START - HOUR,
    open: BNB_PRICE,
    high: BNB_PRICE,
    low: BNB_PRICE,
    close: BNB_PRICE,
    volume: 1,
  });
  return engine;
}

const ownKeys = (client: Client): Map<string, unknown> =>
  new Map(
    Object.getOwnPropertyNames(client).map((key) => [
      key,
      (client as unknown as Record<string, unknown>)[key],
    ]),
  );

/** Functions that are on a client and were not, or are others. */
function changedFunctions(client: Client, before: ReadonlyMap<string, unknown>): string[] {
  const now = ownKeys(client);
  const names = [...now].filter(([key, value]) => typeof value === 'function' && before.get(key) !== value);
  const gone = [...before].filter(([key, value]) => typeof value === 'function' && !now.has(key));
  return [...names, ...gone].map(([key]) => key);
}

/**
 * One run of a program on a venue of its own. One at a time: a run takes the place of the machine's clock.
 */
export async function run(
  program: Program,
  mode: Mode,
  server: Server,
  clients: Clients,
): Promise<RunRecord> {
  const clock = new Clock(START);
  const venue = new Venue(program.venue, clock);
  const account = server.open(venue);
  const engine = engineFor(mode, program);
  const calls: CallRecord[] = [];
  const escaped: unknown[] = [];
  const onEscape = (error: unknown) => void escaped.push(error);
  process.on('unhandledRejection', onEscape);
  let wrapped: string[] = [];
  const leftovers: string[] = [];
  const { kind } = program.venue;

  async function connect(state: AttachmentState | undefined) {
    const client = await clients.take(kind, account);
    const before = ownKeys(client);
    const sizing: Sizing =
      mode === 'half' && program.style.sizes === 'venue' ? 'host-reads-position' : 'veto-only';
    const detach =
      engine && attach(client, { engine, strategy: STRATEGY, sizing, ...(state ? { state } : {}) });
    if (mode === 'off') wrapped = changedFunctions(client, before);
    return { client, before, detach };
  }

  /** Takes the overlay off; a client on which something is left is not used again. */
  function disconnect({ client, before, detach }: Awaited<ReturnType<typeof connect>>): void {
    detach?.();
    const left = changedFunctions(client, before);
    leftovers.push(...left);
    if (left.length === 0) clients.give(kind, client);
  }

  const uninstall = clock.install();
  let connection = await connect(undefined);
  const recorder = recording(account, calls);
  const bot = new Bot(connection.client, program, recorder.make);
  try {
    for (const [i, step] of program.steps.entries()) {
      recorder.step = i;
      await clock.pass(program.style.pace);
      const instrument = venue.instruments[step.on]!;
      if (step.do === 'restart') {
        const { state } = handOver(connection.detach);
        disconnect(connection);
        await clock.quiet();
        happen(account, { ...step, do: 'move', by: step.away });
        connection = await connect(state);
        bot.client = connection.client;
      } else if (!happen(account, step)) await bot.act(step, venue.price(instrument));
    }
    recorder.step = program.steps.length;
    await close(bot, account);
    await clock.pass(1000);
    await connection.detach?.settled();
  } finally {
    account.readFaults = {};
    server.close(account);
    disconnect(connection);
    uninstall();
    process.off('unhandledRejection', onEscape);
  }
  const coverage = (engine as Covering | null)?.getCoverage?.();
  return {
    mode,
    venue,
    log: account.log,
    calls,
    trades: engine?.decomposer.getTradeHistory() ?? [],
    coverage: coverage ?? { judged: 0, unjudged: {}, unknownExits: 0 },
    errors: engine?.getOptimizationStatus().errors ?? {},
    leftovers,
    wrapped,
    escaped,
    owner: program.steps.some((step) => step.do === 'owner'),
  };
}

const handOver = (detach: Detach | null): { readonly state: AttachmentState | undefined } => ({
  state: detach === null ? undefined : (JSON.parse(JSON.stringify(detach.state())) as AttachmentState),
});

/** Records the calls of a bot with what is true at the venue when they are made. */
function recording(account: Account, calls: CallRecord[]) {
  const { venue, log } = account;
  const truthOf = ({ instrument, params }: Omit<OrderCallMade, 'make'>) => {
    const positionSide = (params.positionSide as 'LONG' | 'SHORT' | undefined) ?? 'BOTH';
    const position = venue.ledger.size(instrument, positionSide);
    const open = venue.orders.filter((order) => order.instrument === instrument && mayOpen(order));
    // Of a call whose answer was lost a moment ago, nobody but the venue knows that it never arrived.
    const lost = calls.filter(
      (call) => call.instrument === instrument && isLost(call) && venue.now - call.time < DOUBT_FOR,
    );
    const may = (side: 'buy' | 'sell') =>
      open.reduce(
        (sum, { side: of, qty, filled }) => sum + (of.toLowerCase() === side ? qty - filled : 0),
        0,
      ) + lost.reduce((sum, { side: of, amount }) => sum + (of === side ? amount : 0), 0);
    return {
      step: recorder.step,
      time: venue.now,
      position,
      low: position - may('sell'),
      high: position + may('buy'),
    };
  };
  const recorder = {
    step: 0,
    make: {
      one: ({ make, ...call }: OrderCallMade) =>
        watch([call], make, (sent) => [
          sent.filter(
            (each) => isPlacing(each) || each.method === 'PUT' || /cancelReplace|amend/.test(each.path),
          ),
        ]),
      batch: (batch: readonly Omit<OrderCallMade, 'make'>[], make: () => Promise<unknown>) =>
        watch(batch, make, (sent) =>
          batch.map(({ params }) => sent.flatMap((each) => within(each, params.clientOrderId))),
        ),
    },
  };

  /** The order of a name within a batch, as a request of its own. */
  function within(request: LoggedRequest, name: unknown): LoggedRequest[] {
    const batch = JSON.parse(request.params.batchOrders ?? '[]') as Params[];
    return batch
      .filter(({ newClientOrderId }) => newClientOrderId === name)
      .map((params) => ({ ...request, params }));
  }

  async function watch(
    made: readonly Omit<OrderCallMade, 'make'>[],
    make: () => Promise<unknown>,
    sentFor: (sent: readonly LoggedRequest[]) => readonly (readonly LoggedRequest[])[],
  ): Promise<unknown> {
    const at = log.length;
    const truths = made.map(truthOf);
    const { writes } = account;
    const before = venue.orders.length;
    let prompt = true;
    const answer = make();
    setImmediate(() => {
      prompt = account.writes > writes;
    });
    const record = (outcome: { results: readonly unknown[] } | { error: Error }) => {
      const sent = sentFor(log.slice(at));
      const arrived = venue.orders.length > before;
      for (const [i, call] of made.entries())
        calls.push({
          ...call,
          ...truths[i]!,
          sent: sent[i]!,
          arrived,
          prompt,
          ...('error' in outcome ? outcome : { result: outcome.results[i] }),
        });
    };
    try {
      const result = await answer;
      record({ results: Array.isArray(result) ? result : [result] });
      return result;
    } catch (error) {
      record({ error: error as Error });
      throw error;
    }
  }
  return recorder;
}

/** How long it is open whether an order arrived whose answer was lost, in ms. */
const DOUBT_FOR = 30_000;
const isLost = ({ error, arrived }: CallRecord): boolean =>
  error !== undefined && !arrived && !isRefusal(error);
const isRefusal = (error: Error): boolean => /"code":|"retCode":|edgekeeper/.test(error.message);
const mayOpen = (order: Order): boolean => isOpen(order) && !order.reduceOnly && !order.closePosition;

/** Does what happens outside of the bot; false for a step that is the bot's. */
function happen(account: Account, step: Step): boolean {
  const { venue } = account;
  const instrument = venue.instruments[step.on]!;
  const price = venue.price(instrument);
  if (step.do === 'move') venue.move(instrument, price * (1 + step.by));
  else if (step.do === 'fund') venue.fund(instrument, step.rate);
  else if (step.do === 'liquidate') venue.ruin(instrument);
  else if (step.do === 'owner') ownerTrades(venue, instrument, step);
  else if (step.do === 'orderFault') account.orderFault = step.fault;
  else if (step.do === 'readFaults') account.readFaults = step.faults;
  else return false;
  return true;
}

function ownerTrades(
  venue: Venue,
  instrument: Instrument,
  { side, share }: Extract<Step, { do: 'owner' }>,
): void {
  const positionSide = venue.hedged ? (side === 'buy' ? 'SHORT' : 'LONG') : 'BOTH';
  const held = venue.ledger.size(instrument, positionSide);
  const closes = held !== 0 && held > 0 === (side === 'sell');
  // A hedge's side is only ever closed by hand here; else the owner adds or opens a little.
  if (venue.hedged && !closes) return;
  const qty = floorStep(closes ? Math.abs(held) * share : 100 / instrument.startPrice, instrument.step);
  const funds =
    instrument.type !== 'spot' ||
    venue.settings.kind === 'margin' ||
    side === 'buy' ||
    venue.free(instrument.base) >= qty;
  if (!(qty > 0) || !funds) return;
  venue.place({
    instrument,
    side: side === 'buy' ? 'BUY' : 'SELL',
    type: 'MARKET',
    qty,
    positionSide,
    clientId: `web-${venue.orders.length}`,
    by: 'owner',
  });
}

/** The end: the bot cancels everything and closes what the venue holds. */
async function close(bot: Bot, account: Account): Promise<void> {
  const { venue } = account;
  account.orderFault = null;
  account.readFaults = {};
  await account.clock.pass(120_000);
  for (const instrument of venue.instruments.slice(0, 2)) {
    if (venue.orders.some((order) => order.instrument === instrument && isOpen(order)))
      await bot.cancelEverything(instrument);
    for (const { instrument: of, size } of venue.ledger.positions()) {
      if (of !== instrument) continue;
      const held =
        instrument.type === 'spot' && size > 0 ? Math.min(size, venue.ledger.cash(instrument.base)) : size;
      const amount = floorStep(Math.abs(held), instrument.step);
      if (amount > 0) await bot.close(instrument, held > 0 ? 'long' : 'short', amount);
    }
  }
}
