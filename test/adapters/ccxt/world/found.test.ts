import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PLAIN_STYLE, type Program } from './bots/program.ts';
import { Clients } from './clients.ts';
import type { World } from './run.ts';
import { type Server, startServer } from './server.ts';
import { PLAIN_VENUE } from './venue/order.ts';
import { tryProgram } from './world.ts';

/** Programs that once showed a fault, each cut down to what it takes. */
const FOUND: readonly (readonly [what: string, program: Program])[] = [
  [
    'closes what it believes in with an order that does not say so, after an entry went out whole',
    {
      venue: { ...PLAIN_VENUE, kind: 'usdm' },
      style: PLAIN_STYLE,
      steps: [
        { on: 0, who: 0, do: 'enter', side: 'short', by: 'cost', lots: 39, attach: false },
        { on: 0, who: 0, do: 'enter', side: 'short', by: 'market', lots: 48, attach: false },
      ],
      vetoes: 0,
    },
  ],
  [
    'leaves by a trail what came in by a batch and a limit',
    {
      venue: { ...PLAIN_VENUE, kind: 'hedge' },
      style: PLAIN_STYLE,
      steps: [
        { on: 0, who: 0, do: 'enter', side: 'short', by: 'market', lots: 55, attach: true },
        { on: 0, who: 0, do: 'batch', lots: 56 },
        { on: 0, who: 0, do: 'enter', side: 'long', by: 'limit', lots: 48, attach: false },
        { on: 0, who: 0, do: 'move', by: -0.024 },
        { on: 0, who: 0, do: 'protect', by: 'trailing', away: 0.01, flag: false, before: false },
      ],
      vetoes: 0,
    },
  ],
  [
    'is restarted while an entry rests',
    {
      venue: { ...PLAIN_VENUE, kind: 'bybit' },
      style: PLAIN_STYLE,
      steps: [
        { on: 0, who: 0, do: 'enter', side: 'short', by: 'market', lots: 24, attach: false },
        { on: 0, who: 0, do: 'enter', side: 'short', by: 'limit', lots: 53, attach: true },
        { on: 0, who: 0, do: 'restart', away: 0.015 },
        { on: 0, who: 0, do: 'protect', by: 'pair', away: 0.05, flag: false, before: true },
      ],
      vetoes: 0,
    },
  ],
  [
    'is restarted after a part of an exit',
    {
      venue: { ...PLAIN_VENUE, kind: 'usdm' },
      style: PLAIN_STYLE,
      steps: [
        { on: 0, who: 0, do: 'enter', side: 'long', by: 'market', lots: 33, attach: false },
        { on: 0, who: 0, do: 'exit', by: 'reduceOnly', share: 0.3 },
        { on: 0, who: 0, do: 'restart', away: -0.025 },
      ],
      vetoes: 0,
    },
  ],
  [
    'is restarted just after it was charged',
    {
      venue: { ...PLAIN_VENUE, kind: 'bybit' },
      style: {
        reads: 'positions',
        sizes: 'own',
        names: true,
        flags: false,
        onLost: 'ignore',
        pace: 20,
        strategies: 1,
        margin: 'mode',
      },
      steps: [
        { on: 0, who: 0, do: 'enter', side: 'long', by: 'market', lots: 33, attach: false },
        { on: 0, who: 0, do: 'cancelAll' },
        { on: 0, who: 0, do: 'exit', by: 'reduceOnly', share: 1 },
        { on: 0, who: 0, do: 'exit', by: 'market', share: 0.5 },
        { on: 0, who: 0, do: 'exit', by: 'market', share: 0.3 },
        { on: 0, who: 1, do: 'move', by: 0.02 },
        { on: 0, who: 1, do: 'orderFault', fault: 'error-before' },
        { on: 0, who: 1, do: 'edit', factor: 0.5 },
        { on: 1, who: 1, do: 'orderFault', fault: 'error-after' },
        { on: 0, who: 0, do: 'fund', rate: 0.0001 },
        { on: 0, who: 1, do: 'flip', lots: 53 },
        { on: 1, who: 1, do: 'poll' },
        { on: 1, who: 1, do: 'protect', by: 'pair', away: 0.01, flag: true, before: false },
        { on: 0, who: 0, do: 'restart', away: -0.016 },
      ],
      vetoes: 0,
    },
  ],
  [
    'enters anew after it left, and is restarted',
    {
      venue: { ...PLAIN_VENUE, kind: 'hedge' },
      style: PLAIN_STYLE,
      steps: [
        { on: 0, who: 0, do: 'enter', side: 'long', by: 'market', lots: 47, attach: true },
        { on: 0, who: 0, do: 'exit', by: 'reduceOnly', share: 1 },
        { on: 0, who: 0, do: 'enter', side: 'long', by: 'market', lots: 12, attach: true },
        { on: 0, who: 0, do: 'restart', away: -0.018 },
      ],
      vetoes: 0,
    },
  ],
  [
    'is charged while it holds',
    {
      venue: { ...PLAIN_VENUE, kind: 'hedge' },
      style: PLAIN_STYLE,
      steps: [
        { on: 1, who: 0, do: 'enter', side: 'long', by: 'market', lots: 2, attach: false },
        { on: 1, who: 0, do: 'fund', rate: 0.0001 },
      ],
      vetoes: 0,
    },
  ],
  [
    'the owner traded as much by hand as the bot waits to sell',
    {
      venue: { ...PLAIN_VENUE, kind: 'bybit' },
      style: PLAIN_STYLE,
      steps: [
        { on: 0, who: 0, do: 'owner', side: 'sell', share: 1 },
        { on: 0, who: 0, do: 'enter', side: 'short', by: 'breakout', lots: 5, attach: false },
        { on: 0, who: 0, do: 'enter', side: 'long', by: 'market', lots: 60, attach: true },
      ],
      vetoes: 71,
    },
  ],
  [
    'leaves while an entry rests',
    {
      venue: { ...PLAIN_VENUE, kind: 'usdm' },
      style: {
        reads: 'orders',
        sizes: 'own',
        names: true,
        flags: true,
        onLost: 'ignore',
        pace: 61000,
        strategies: 1,
        margin: 'mode',
      },
      steps: [
        { on: 0, who: 0, do: 'enter', side: 'short', by: 'market', lots: 56, attach: false },
        { on: 0, who: 0, do: 'enter', side: 'short', by: 'limit', lots: 19, attach: true },
        { on: 0, who: 0, do: 'protect', by: 'pair', away: 0.02, flag: false, before: true },
      ],
      vetoes: 0,
    },
  ],
  [
    'adds to a short while it waits to buy all of it',
    {
      venue: { ...PLAIN_VENUE, kind: 'bybit' },
      style: PLAIN_STYLE,
      steps: [
        { on: 0, who: 0, do: 'enter', side: 'short', by: 'market', lots: 31, attach: false },
        { on: 0, who: 0, do: 'enter', side: 'long', by: 'limit', lots: 33, attach: true },
        { on: 0, who: 0, do: 'enter', side: 'long', by: 'breakout', lots: 8, attach: false },
        { on: 0, who: 0, do: 'enter', side: 'short', by: 'market', lots: 51, attach: false },
        { on: 0, who: 0, do: 'enter', side: 'short', by: 'cost', lots: 7, attach: true },
      ],
      vetoes: 2,
    },
  ],
  [
    'turns around by what it believes in while an entry on the other side rests',
    {
      venue: { ...PLAIN_VENUE, kind: 'usdm' },
      style: PLAIN_STYLE,
      steps: [
        { on: 0, who: 0, do: 'enter', side: 'long', by: 'limit', lots: 45, attach: false },
        { on: 0, who: 0, do: 'enter', side: 'short', by: 'market', lots: 31, attach: false },
        { on: 0, who: 0, do: 'enter', side: 'short', by: 'cost', lots: 33, attach: true },
      ],
      vetoes: 0,
    },
  ],
  [
    'reckons by itself what it gets for a cost, and sells that',
    {
      venue: { ...PLAIN_VENUE, kind: 'spot' },
      style: PLAIN_STYLE,
      steps: [{ on: 0, who: 0, do: 'enter', side: 'short', by: 'cost', lots: 33, attach: true }],
      vetoes: 0,
    },
  ],
  [
    'sells what an order filled so far, which the venue ends by itself',
    {
      venue: { ...PLAIN_VENUE, kind: 'usdm', parts: 3 },
      style: PLAIN_STYLE,
      steps: [
        { on: 0, who: 0, do: 'enter', side: 'long', by: 'limit', lots: 52, attach: true },
        { on: 0, who: 0, do: 'move', by: -0.038 },
        { on: 0, who: 0, do: 'poll' },
        { on: 0, who: 0, do: 'batch', lots: 24 },
        { on: 1, who: 0, do: 'liquidate' },
      ],
      vetoes: 0,
    },
  ],
];

let server: Server;
let world: World;
beforeAll(async () => {
  server = await startServer();
  world = { server, clients: new Clients(server) };
});
afterAll(() => server.stop());

describe('a bot that once was recorded as it was not', () => {
  it.each(FOUND)('%s', async (_, program) => {
    const { findings } = await tryProgram(program, world);
    expect(findings.map(({ check, mode, message }) => `${check} (${mode}): ${message}`)).toEqual([]);
  });
});
