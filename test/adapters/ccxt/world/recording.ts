import type { Make, OrderCall } from './bots/desk.ts';
import type { Params } from './fronts/asked.ts';
import { type Account, isPlacing, type LoggedRequest } from './server.ts';
import type { Instrument } from './venue/instruments.ts';
import { isOpen } from './venue/order.ts';

/** A call of the bot, what was true when it was made, and what came of it. */
export interface CallRecord extends OrderCall {
  readonly step: number;
  readonly time: number;
  /** Signed size that the venue held on this market and side. */
  readonly position: number;
  /** Between what it may be by the time that the order arrives: open orders fill, lost ones turn up. */
  readonly low: number;
  readonly high: number;
  /** Whether nothing but the bot's own market orders filled there so far, and nothing is open or lost. */
  readonly plain: boolean;
  /** What went to the venue for it, and whether the venue took it. */
  readonly sent: readonly LoggedRequest[];
  readonly arrived: boolean;
  /** Whether it was on its way before anything else could happen. */
  readonly prompt: boolean;
  readonly result?: unknown;
  readonly error?: Error;
}

/** How long it is open whether an order arrived whose answer was lost, and what the owner did, in ms. */
const DOUBT_FOR = 30_000;

/** Questions whose answers list what is open. */
const LISTS_OPEN = /\/(openOrders|openAlgoOrders|order\/realtime)$/;

/** Records the calls of bots with what is true at the venue when they are made. */
export class Recorder {
  readonly calls: CallRecord[] = [];
  step = 0;
  readonly #account: Account;

  constructor(account: Account) {
    this.#account = account;
  }

  readonly make: Make = async (made, call) => {
    const { log, venue } = this.#account;
    const at = log.length;
    const [writes, orders] = [this.#account.writes, venue.orders.length];
    const truths = made.map((each) => this.#truthOf(each));
    let prompt = true;
    const answer = call();
    setImmediate(() => {
      prompt = this.#account.writes > writes;
    });
    const record = (outcome: { results: readonly unknown[] } | { error: Error }) => {
      const sent = log.slice(at);
      const arrived = venue.orders.length > orders;
      for (const [i, each] of made.entries())
        this.calls.push({
          ...each,
          ...truths[i]!,
          sent: sentFor(each, sent),
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
  };

  #truthOf({
    instrument,
    params,
  }: OrderCall): Pick<CallRecord, 'step' | 'time' | 'position' | 'low' | 'high' | 'plain'> {
    const { venue } = this.#account;
    const positionSide = (params.positionSide as 'LONG' | 'SHORT' | undefined) ?? 'BOTH';
    const position = venue.ledger.size(instrument, positionSide);
    const unseen = this.#ownersDoing(instrument);
    return {
      step: this.step,
      time: venue.now,
      position,
      plain: this.#isPlain(instrument),
      low: Math.max(position, position - unseen) - this.#mayFill(instrument, 'sell'),
      high: Math.min(position, position - unseen) + this.#mayFill(instrument, 'buy'),
    };
  }

  #isPlain(instrument: Instrument): boolean {
    const { venue } = this.#account;
    const own = venue.ledger.fills.every(
      (fill) => fill.instrument !== instrument || (fill.by === 'bot' && !fill.maker),
    );
    const open = venue.orders.some((order) => order.instrument === instrument && isOpen(order));
    return (
      own && !open && !this.calls.some((call) => call.instrument === instrument && call.error !== undefined)
    );
  }

  /** What open orders may still fill, and those that nobody but the venue knows never to have arrived. */
  #mayFill(instrument: Instrument, side: 'buy' | 'sell'): number {
    const { venue } = this.#account;
    const open = venue.orders.filter(
      (order) =>
        order.instrument === instrument &&
        isOpen(order) &&
        order.side.toLowerCase() === side &&
        !order.reduceOnly &&
        !order.closePosition,
    );
    const lost = this.calls.filter(
      (call) =>
        call.instrument === instrument &&
        call.side === side &&
        isLost(call) &&
        call.params.reduceOnly !== true &&
        call.params.closePosition !== true &&
        venue.now - call.time < DOUBT_FOR &&
        !this.#wasCleared(call),
    );
    return (
      open.reduce((sum, { qty, filled }) => sum + qty - filled, 0) +
      lost.reduce((sum, { amount }) => sum + amount, 0)
    );
  }

  /** Whether an order was tried again under its name and taken, or the venue has told since which orders are open. */
  #wasCleared({ params: { clientOrderId }, time }: CallRecord): boolean {
    const isTaken = ({ params, arrived }: CallRecord) => arrived && params.clientOrderId === clientOrderId;
    return (
      (clientOrderId !== undefined && this.calls.some(isTaken)) ||
      this.#account.log.some(
        (request) => request.time > time && request.status === 200 && LISTS_OPEN.test(request.path),
      )
    );
  }

  /** What the owner did a moment ago the exchange has told nobody yet. */
  #ownersDoing(instrument: Instrument): number {
    const { venue } = this.#account;
    return venue.ledger.fills
      .filter(
        (fill) => fill.by === 'owner' && fill.instrument === instrument && venue.now - fill.time < DOUBT_FOR,
      )
      .reduce((sum, { side, qty }) => sum + (side === 'buy' ? qty : -qty), 0);
  }
}

const isRefusal = (error: Error): boolean => /"code":|"retCode":|edgekeeper/.test(error.message);
const isLost = ({ error, arrived }: CallRecord): boolean =>
  error !== undefined && !arrived && !isRefusal(error);

/** The requests that placed or changed the order of a call; of a batch the order of its name. */
function sentFor({ method, params }: OrderCall, sent: readonly LoggedRequest[]): LoggedRequest[] {
  if (method !== 'createOrders')
    return sent.filter(
      (each) => isPlacing(each) || each.method === 'PUT' || /cancelReplace|amend/.test(each.path),
    );
  return sent.flatMap((request) => {
    const batch = JSON.parse(request.params.batchOrders ?? '[]') as Params[];
    return batch
      .filter(({ newClientOrderId }) => newClientOrderId === params.clientOrderId)
      .map((order) => ({ ...request, params: order }));
  });
}
