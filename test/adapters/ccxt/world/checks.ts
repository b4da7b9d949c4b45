import ccxt from 'ccxt';
import type { Trade } from '../../../../src/index.ts';
import { backing } from './backing.ts';
import type { CallRecord } from './recording.ts';
import type { RunRecord } from './run.ts';
import { isWrite } from './server.ts';
import { tolerance } from './tolerance.ts';

/** A promise that was not kept, in words. */
export interface Violation {
  readonly check: string;
  readonly message: string;
}

type Check = (ran: RunRecord, bare: RunRecord) => readonly Violation[];

const violation = (check: string, message: string): Violation => ({ check, message });
const stream = (ran: RunRecord, only: (each: { method: string }) => boolean): string[] =>
  ran.log.filter(only).map(({ raw }) => raw);

function difference(
  check: string,
  what: string,
  ours: readonly string[],
  bare: readonly string[],
): Violation[] {
  const at = ours.findIndex((each, i) => each !== bare[i]);
  if (at < 0 && ours.length === bare.length) return [];
  const i = at < 0 ? ours.length : at;
  return [
    violation(
      check,
      `${what} ${i + 1} of ${ours.length} is\n    ${ours[i]}\n  and of ${bare.length} without the overlay\n    ${bare[i]}`,
    ),
  ];
}

/** Off: not one request is different, and nothing is wrapped. */
export const offIsAbsent: Check = (ran, bare) =>
  ran.mode !== 'off'
    ? []
    : [
        ...difference(
          'off-requests',
          'request',
          stream(ran, () => true),
          stream(bare, () => true),
        ),
        ...(ran.wrapped.length > 0
          ? [violation('off-wrapped', `wrapped while off: ${ran.wrapped.join(', ')}`)]
          : []),
      ];

/** Neutral: what changes something at the venue is the same. */
export const neutralChangesNothing: Check = (ran, bare) =>
  ran.mode !== 'neutral'
    ? []
    : difference('neutral-orders', 'order', stream(ran, isWrite), stream(bare, isWrite));

/** Once detached nothing is left on the client. */
export const leavesNothing: Check = ({ leftovers }) =>
  leftovers.length === 0 ? [] : [violation('leftovers', `left on the client: ${leftovers.join(', ')}`)];

const isVeto = (error: Error | undefined): boolean => error !== undefined && /edgekeeper/.test(error.message);
const saysExit = ({ params }: CallRecord): boolean =>
  params.reduceOnly === true ||
  params.closePosition === true ||
  ['stopLossPrice', 'takeProfitPrice', 'trailingPercent'].some((name) => name in params);

/** What of a call reduces the account's exposure, or may by the time that it arrives: in its own units. */
export function exitPart(call: CallRecord): number {
  const { instrument, side, amount, params, low, high } = call;
  if (saysExit(call)) return amount;
  if (params.positionSide !== undefined)
    return (side === 'sell') === (params.positionSide === 'LONG') ? amount : 0;
  if (instrument.type === 'spot' && params.sideEffectType === undefined) return side === 'sell' ? amount : 0;
  const part = Math.min(amount, side === 'sell' ? high : -low);
  // What adding up orders leaves below the smallest amount is nothing.
  return part < instrument.step * 1e-6 ? 0 : part;
}

/** Whatever the overlay says, exits go out in full and at once. */
export const exitsPass: Check = (ran) =>
  ran.calls.flatMap((call) => {
    const part = exitPart(call);
    if (part === 0 || call.method === 'editOrder') return [];
    const { meaning, instrument, side, amount, sent, prompt, error, step, position } = call;
    const what = `step ${step}: ${meaning} ${side} ${amount} ${instrument.symbol} (held ${position})`;
    if (isVeto(error)) return [violation('exit-vetoed', `${what} was vetoed`)];
    if (sent.length === 0) return error ? [] : [violation('exit-unsent', `${what} was not sent`)];
    const { quantity: asked, qty } = sent[0]!.params;
    const quantity = Number(asked ?? qty ?? Number.NaN);
    const short = ran.mode !== 'translate' && quantity < part * (1 - 1e-9) - instrument.step * 1e-6;
    return [
      ...(short ? [violation('exit-short', `${what}: ${quantity} was sent, of which ${part} closes`)] : []),
      ...(prompt ? [] : [violation('exit-delayed', `${what} waited for something else`)]),
    ];
  });

/** Exits that are translated to what is held take nothing past nothing, where no others had a hand in it and any can be. */
export const oversellsNothing: Check = (ran) =>
  ran.mode !== 'translate' || ran.program.style.strategies > 1 || ran.program.venue.kind === 'margin'
    ? []
    : ran.calls.flatMap(({ meaning, plain, position, sent, instrument, step }) => {
        const quantity = Number(sent[0]?.params.quantity ?? sent[0]?.params.qty ?? 0);
        if (meaning !== 'exit' || !plain || quantity <= Math.abs(position) + instrument.step / 2) return [];
        return [
          violation('oversold', `step ${step}: an exit of ${quantity} was sent where ${position} was held`),
        ];
      });

/** Nothing is thrown into the bot that its exchange would not throw, but vetoes of what opens. */
export const throwsNothing: Check = (ran, bare) => {
  const escaped = ran.escaped.map((error) => violation('escaped', `an error escaped: ${String(error)}`));
  const strange = ran.calls.flatMap(({ error, step }) =>
    error && !(error instanceof ccxt.BaseError)
      ? [violation('throws', `step ${step}: ${error.constructor.name}: ${error.message}`)]
      : [],
  );
  const notInvalid = ran.calls.flatMap(({ error, step }) =>
    isVeto(error) && !(error instanceof ccxt.InvalidOrder)
      ? [violation('veto-class', `step ${step}: a veto is a ${error!.constructor.name}`)]
      : [],
  );
  if (ran.mode !== 'neutral' && ran.mode !== 'off') return [...escaped, ...strange, ...notInvalid];
  const outcomes = ({ calls }: RunRecord) =>
    calls.map(
      ({ error, result, step }) =>
        `step ${step}: ${error ? `${error.constructor.name} ${error.message}` : JSON.stringify(result)}`,
    );
  return [...escaped, ...strange, ...difference('outcomes', 'outcome', outcomes(ran), outcomes(bare))];
};

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/**
 * Whether all that was closed is the strategies' own: nobody can say what an owner by hand, or one strategy for
 * another, closed; what filled at the venue unseen may be two strategies' that cancel out; what inverse contracts come
 * to depends on which entry is paired with which exit; and the outcome of an entry that may still fill is not told yet.
 */
export const isOwn = ({ program, closedOwn, venue, calls }: RunRecord): boolean =>
  closedOwn &&
  venue.orders.every(({ status }) => status !== 'PARTIALLY_FILLED') &&
  // Nothing is asked of a venue before the bot has had an answer itself, after a restart as well.
  calls.some(({ step }) => step > program.steps.findLastIndex((each) => each.do === 'restart')) &&
  // Who goes by what it asked for may leave something open, and what of it was closed is a matter of pairing.
  (program.style.sizes !== 'asked' || venue.ledger.positions().length === 0) &&
  program.steps.every((step) => step.do !== 'owner') &&
  (program.style.strategies === 1 ||
    // Who goes by the account's position closes what another strategy opened.
    (program.style.sizes !== 'venue' &&
      venue.ledger.fills.every(
        ({ by, maker, instrument }) => by === 'bot' && !maker && instrument.type !== 'inverse',
      )));

/** Where every position is known, what is recorded is what the venue booked. */
export const recordsWhatWas: Check = (ran) => {
  if (ran.mode === 'bare' || ran.mode === 'off' || !isOwn(ran)) return [];
  if (ran.coverage.unknownExits > 0) return [];
  const { gross, fees, funding } = ran.venue.ledger.closed();
  const all = (pick: (trade: Trade) => number | undefined) =>
    sum(ran.trades.map((trade) => pick(trade) ?? 0));
  const paid = all(({ funding: of }: Trade & { funding?: number }) => of);
  const recorded = { pnl: all(({ pnl }) => pnl), fees: all(({ fees: of }) => of), funding: paid };
  const close = (a: number, b: number) => Math.abs(a - b) <= tolerance(ran.venue);
  const inWords = `recorded ${recorded.pnl.toFixed(4)} (fees ${recorded.fees.toFixed(4)}, funding ${paid.toFixed(4)}) in ${ran.trades.length} trades; the venue booked ${(gross - fees + funding).toFixed(4)} (fees ${fees.toFixed(4)}, funding ${funding.toFixed(4)}) in ${ran.venue.ledger.roundTrips.length} round trips`;
  if (!close(recorded.pnl - paid + recorded.fees, gross)) return [violation('sum-gross', inWords)];
  // A fee that the venue tells too late, or in a currency without a price, is estimated, and counted.
  const estimated = (ran.errors.FEES_UNKNOWN ?? 0) > 0;
  if (!estimated && !close(recorded.fees, fees)) return [violation('sum-fees', inWords)];
  if (!close(paid, funding)) return [violation('sum-funding', inWords)];
  return [];
};

/** Every recorded trade has its fills, and no fill is in two of them. */
export const tradesAreBacked: Check = (ran) =>
  ran.mode === 'bare' ? [] : backing(ran).map((message) => violation('unbacked', message));

/** Nothing failed inside the adapter. */
export const failsNowhere: Check = (ran) =>
  (ran.errors.ADAPTER_FAILED ?? 0) > 0
    ? [violation('adapter-failed', `ADAPTER_FAILED ${ran.errors.ADAPTER_FAILED} times`)]
    : [];

export const CHECKS: readonly Check[] = [
  offIsAbsent,
  neutralChangesNothing,
  leavesNothing,
  exitsPass,
  oversellsNothing,
  throwsNothing,
  recordsWhatWas,
  tradesAreBacked,
  failsNowhere,
];
