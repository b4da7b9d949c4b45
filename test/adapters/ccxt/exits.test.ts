import ccxt from 'ccxt';
import { describe, expect, it } from 'vitest';
import { type AttachOptions, attach, type CcxtExchange } from '../../../adapters/ccxt/index.ts';
import { scriptedEngine } from '../../../adapters/conformance/index.ts';
import { replayMarket } from '../../../src/paper/market-rules.ts';
import { AUTHOR, HOUR, START } from '../../fixtures.ts';

const SYMBOL = 'BTC/USDT:USDT';

interface Sent {
  readonly side: string;
  readonly amount: unknown;
  readonly params: Record<string, unknown>;
}

/** A derivatives exchange whose answers are given, and an overlay whose multiplier can be turned. */
function account(
  options: Partial<AttachOptions> & {
    answer?: (id: number, sent: Sent) => object;
    contractSize?: number;
    positions?: () => Promise<unknown>;
    /** Methods that the exchange has besides. */
    methods?: Record<string, (...args: never[]) => unknown>;
  } = {},
) {
  const { answer, contractSize = 1, positions, methods = {}, ...attachment } = options;
  const exchange = new ccxt.Exchange({ id: 'venue', enableRateLimit: false });
  exchange.setMarkets([
    {
      ...(replayMarket('BTC/USDT', 100) as object),
      symbol: SYMBOL,
      id: SYMBOL,
      spot: false,
      swap: true,
      contract: true,
      linear: true,
      settle: 'USDT',
      contractSize,
      type: 'swap',
      precision: { amount: 0.0001, price: 0.01 },
      limits: { amount: { min: 0.001 }, cost: { min: 1 } },
    },
  ] as never);
  const sent: Sent[] = [];
  let now = START;
  const net = () =>
    sent.reduce((sum, { side, amount }) => sum + (side === 'buy' ? 1 : -1) * Number(amount), 0);
  /** What the exchange says that the account holds, as its orders made it. */
  const held = async () => {
    const size = Number(net().toFixed(9));
    return [{ symbol: SYMBOL, side: size < 0 ? 'short' : 'long', contracts: Math.abs(size) }];
  };
  const whole = (id: number, { side, amount }: Sent) => ({
    id: String(id),
    symbol: SYMBOL,
    side,
    amount,
    filled: amount,
    average: 100,
    status: 'closed',
    fee: { currency: 'USDT', cost: 0 },
  });
  Object.assign(exchange, {
    milliseconds: () => now,
    createOrder: async (
      _s: string,
      _t: string,
      side: string,
      amount: unknown,
      _p: unknown,
      params: Record<string, unknown> = {},
    ) => {
      sent.push({ side, amount, params });
      return (answer ?? whole)(sent.length, sent.at(-1)!);
    },
    editOrder: async (id: string, _s: string, _t: string, side: string, amount: number) => ({
      id,
      symbol: SYMBOL,
      side,
      amount,
      filled: 0,
      status: 'open',
    }),
    fetchOrder: async (id: string) => whole(Number(id), sent[Number(id) - 1]!),
    fetchPositions: positions ?? held,
    fetchTicker: async () => ({ symbol: SYMBOL, last: 100 }),
  });
  Object.assign(exchange.has, { fetchPositions: true, fetchMyTrades: false });
  for (const [name, method] of Object.entries(methods)) {
    Object.assign(exchange, { [name]: method });
    Object.assign(exchange.has, { [name]: true });
  }
  let multiplier = 1;
  const engine = scriptedEngine(() => multiplier);
  const detach = attach(exchange as unknown as CcxtExchange, {
    engine,
    strategy: 's',
    sizing: 'host-reads-position',
    ...attachment,
  });
  const order = (side: string, amount?: number, params: object = {}) =>
    (exchange as unknown as { createOrder(...args: unknown[]): Promise<{ id: string }> }).createOrder(
      SYMBOL,
      'market',
      side,
      amount,
      undefined,
      params,
    );
  return {
    /** The bot looks at the market, and the background has its time. */
    async look() {
      await (exchange as unknown as { fetchTicker(symbol: string): Promise<unknown> }).fetchTicker(SYMBOL);
      await detach.settled();
    },
    settled: () => detach.settled(),
    engine,
    exchange: exchange as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>,
    sent,
    order,
    amounts: () => sent.map(({ side, amount }) => (side === 'buy' ? Number(amount) : -Number(amount))),
    scale: (factor: number) => {
      multiplier = factor;
    },
    veto: () => {
      multiplier = 0;
    },
    later: (time: number) => {
      now += time;
    },
  };
}

describe('exits of a derivatives account, while everything is vetoed', () => {
  it('go out in full whatever adding up the fills leaves', async () => {
    for (const contractSize of [1, 0.01, 0.1]) {
      const { order, amounts, veto } = account({ contractSize });
      await order('buy', 0.1);
      await order('buy', 0.7);
      veto();
      await order('sell', 0.8);
      expect(amounts()).toEqual([0.1, 0.7, -0.8]);
    }
  });

  it('go out of an order that would turn the position around, without the rest', async () => {
    const { order, amounts, veto, engine, look, settled } = account();
    await look();
    await order('buy', 1);
    veto();
    await order('sell', 2);
    expect(amounts()).toEqual([1, -1]);
    await settled();
    expect(engine.decomposer.getTradeHistory()).toHaveLength(1);
    await expect(order('sell', 2)).rejects.toThrow(/edgekeeper blocked/);
  });

  it('go out while nobody knows what their entry filled', async () => {
    const onlyId = account({ answer: (id) => ({ id: String(id) }) });
    await onlyId.order('buy', 1);
    onlyId.veto();
    await onlyId.order('sell', 1);
    expect(onlyId.amounts()).toEqual([1, -1]);
    const noPrice = account({
      answer: (id, { amount }) => ({ id: String(id), status: 'closed', filled: amount }),
    });
    await noPrice.order('buy', 1);
    noPrice.veto();
    await noPrice.order('sell', 1);
    expect(noPrice.amounts()).toEqual([1, -1]);
  });

  it('go out of a position that the bot itself was told of', async () => {
    let held: object[] = [];
    const { order, amounts, veto, exchange } = account({ positions: async () => held });
    await order('buy', 1);
    held = [{ symbol: SYMBOL, side: 'short', contracts: 2 }];
    await exchange.fetchPositions!([SYMBOL]);
    veto();
    await order('buy', 1, { reduceOnly: true });
    expect(amounts()).toEqual([1, 1]);
  });

  it('go out of a position that the bot was told of in any of the ways that exchanges have', async () => {
    const short = [{ symbol: SYMBOL, side: 'short', contracts: 2 }];
    const raw = (positionAmt: string, positionSide = 'BOTH') => ({
      total: { USDT: 100 },
      info: { positions: [{ symbol: SYMBOL, positionAmt, positionSide }] },
    });
    const ways: Record<string, () => unknown> = {
      fetchPositionsRisk: () => short,
      fetchAccountPositions: () => short,
      fetchPositionsWs: () => short,
      fetchBalance: () => raw('-2'),
      watchBalance: () => raw('-2.000', 'SHORT'),
    };
    for (const [name, tell] of Object.entries(ways)) {
      const { order, amounts, veto, exchange, look } = account({
        positions: async () => [{ symbol: SYMBOL, contracts: 0 }],
        methods: { [name]: async () => tell() },
      });
      await look();
      veto();
      await exchange[name]!();
      await order('buy', 1);
      expect(amounts(), name).toEqual([1]);
    }
  });

  it('go out of a position of which a stream says nothing, as it has not changed', async () => {
    const { order, amounts, veto, exchange, look } = account({
      positions: async () => [{ symbol: SYMBOL, side: 'long', contracts: 1 }],
      methods: { watchPositions: async () => [] },
    });
    await look();
    await exchange.watchPositions!([SYMBOL]);
    veto();
    await order('sell', 1);
    expect(amounts()).toEqual([-1]);
  });

  it('go out when they say so in any of the ways that exchanges have', async () => {
    const forms = [
      { reduceOnly: true },
      { closePosition: true },
      { tradeSide: 'close' },
      { offset: 'close' },
      { stopLossPrice: 90 },
      { positionIdx: '2' },
      { posSide: 'short' },
    ];
    for (const form of forms) {
      const { order, amounts, veto } = account();
      veto();
      await order('buy', 1, form);
      expect(amounts(), JSON.stringify(form)).toEqual([1]);
    }
  });

  it('go out of a list of which it is said as a whole that it reduces', async () => {
    const lists: unknown[] = [];
    const { exchange, veto, look } = account({
      methods: {
        createOrders: async (...args: unknown[]) => {
          lists.push(args);
          return [];
        },
      },
    });
    await look();
    veto();
    const row = { symbol: SYMBOL, type: 'limit', side: 'sell', amount: 1, price: 120 };
    await exchange.createOrders!([row], { reduceOnly: true });
    expect(lists).toEqual([[[row], { reduceOnly: true }]]);
    expect(await exchange.createOrders!([row])).toMatchObject([{ status: 'rejected' }]);
  });

  it('go out while the exchange has not heard of their entry yet, however often it is asked', async () => {
    for (const behind of [400, 1300, 5500]) {
      let isBehind = false;
      const { order, amounts, veto, exchange, look, later, settled, engine } = account({
        positions: async () => [
          { symbol: SYMBOL, side: 'long', contracts: isBehind ? 0 : 0.5 * amounts().length },
        ],
      });
      await look();
      await order('buy', 0.5);
      isBehind = true;
      for (let i = 0; i < 4; i += 1) {
        later(behind / 4);
        await exchange.fetchPositions!([SYMBOL]);
        await settled();
      }
      veto();
      await order('sell', 0.5);
      expect(amounts(), `${behind} ms`).toEqual([0.5, -0.5]);
      expect(engine.getCoverage()).toMatchObject({ unknownExits: 0, unjudged: { FILL_UNKNOWN: 1 } });
    }
  });

  it('go out in full after a sale that may have come after a stop', async () => {
    for (const factor of [0, 0.5]) {
      const { order, amounts, look, scale } = account({
        answer: (id, { side, amount, params }) => ({
          id: String(id),
          symbol: SYMBOL,
          side,
          amount,
          ...(params.stopLossPrice
            ? { filled: 0, status: 'open', type: 'stop_market' }
            : { filled: amount, average: 100, status: 'closed' }),
        }),
      });
      await look();
      await order('buy', 1);
      await order('sell', 1, { stopLossPrice: 95, reduceOnly: true });
      await order('sell', 1.5);
      scale(factor);
      await order('buy', 1.5);
      expect(amounts()).toEqual([1, -1, -1.5, 1.5]);
    }
  });

  it('do not wait for an exchange that does not answer', async () => {
    const { order, amounts, veto } = account({ positions: () => new Promise(() => undefined) });
    veto();
    await order('sell', 1, { reduceOnly: true });
    expect(amounts()).toEqual([-1]);
  });

  it('close a position in one go where they are translated', async () => {
    const { order, amounts, engine, look } = account({ sizing: 'translate-exits' });
    await look();
    engine.reset('all', AUTHOR);
    await order('buy', 1);
    await order('sell', 1);
    expect(amounts()).toEqual([1, -1]);
  });
});

describe('a scaled order', () => {
  it('that turned a position around closes it whole, also when it is edited', async () => {
    const { order, look, exchange, sent, settled, scale } = account({
      answer: (id, { side, amount }) => ({
        id: String(id),
        symbol: SYMBOL,
        side,
        amount,
        filled: 0,
        status: 'open',
        type: 'limit',
      }),
      positions: async () => [{ symbol: SYMBOL, side: 'short', contracts: 5 }],
    });
    const edits: number[] = [];
    await look();
    scale(0.1);
    const { id } = await order('buy', 6);
    expect(sent.at(-1)!.amount).toBe(5.1);
    edits.push(
      Number(((await exchange.editOrder!(id, SYMBOL, 'limit', 'buy', 6, 99)) as { amount: number }).amount),
    );
    edits.push(
      Number(((await exchange.editOrder!(id, SYMBOL, 'limit', 'buy', 7, 99)) as { amount: number }).amount),
    );
    expect(edits).toEqual([5.1, 5.2]);
    await settled();
  });

  it('is not oversold by an exit that is translated before anybody said what filled', async () => {
    const { order, look, amounts, scale } = account({
      sizing: 'translate-exits',
      answer: (id) => ({ id: String(id) }),
    });
    await look();
    scale(0.5);
    await order('buy', 2);
    await order('sell', 2, { reduceOnly: true });
    expect(amounts()).toEqual([1, -1]);
  });

  it('goes out whole where no price tells whether it is above the least cost', async () => {
    const { order, amounts, scale, settled, exchange } = account();
    await exchange.fetchPositions!([SYMBOL]);
    scale(0.5);
    await order('buy', 2);
    expect(amounts()).toEqual([2]);
    await settled();
    await order('buy', 2);
    expect(amounts()).toEqual([2, 1]);
  });
});

describe('what an attachment knows', () => {
  it('is asked for again in the background, where the exchange failed to say its positions', async () => {
    let fails = true;
    const { order, veto, later, sent, look, engine } = account({
      positions: async () => {
        if (fails) throw new Error('down');
        return [{ symbol: SYMBOL, contracts: 0 }];
      },
    });
    veto();
    await look();
    await order('buy', 1);
    expect(sent).toHaveLength(1);
    expect(engine.getCoverage().unjudged).toEqual({ POSITION_UNKNOWN: 1 });
    fails = false;
    later(2 * HOUR);
    await look();
    await expect(order('buy', 2)).rejects.toThrow(/edgekeeper blocked/);
  });

  it('lets go of a position only once the exchange has said for a while that it is not there', async () => {
    let isGone = false;
    const { order, look, later, engine, settled } = account({
      positions: async () => [{ symbol: SYMBOL, side: 'long', contracts: isGone ? 0 : 1 }],
    });
    isGone = true;
    await look();
    isGone = false;
    await order('buy', 1);
    await settled();
    isGone = true;
    later(HOUR);
    const gone = [];
    for (let i = 0; i < 6; i += 1) {
      await look();
      gone.push(engine.getCoverage().unknownExits);
      later(2500);
    }
    expect(gone).toEqual([0, 0, 0, 0, 1, 1]);
  });

  it('does not take an empty answer for an empty account, unless the exchange is known to mean it', async () => {
    const { order, veto, look, sent } = account({ positions: async () => [] });
    veto();
    await look();
    await order('buy', 1);
    expect(sent).toHaveLength(1);
  });

  it('is kept once for all that is told at once, before the bot hears of it', async () => {
    const kept: { orders: { orders: unknown[] } }[] = [];
    const open = (id: number, { side, amount }: Sent) => ({
      id: String(id),
      symbol: SYMBOL,
      side,
      amount,
      filled: 0,
      status: 'open',
      type: 'limit',
    });
    const { order, exchange, sent, look } = account({
      answer: open,
      kept: { load: () => null, save: (state) => void kept.push(state as (typeof kept)[number]) },
      methods: { fetchOpenOrders: async () => sent.map((each, i) => open(i + 1, each)) },
    });
    await look();
    for (let i = 1; i <= 50; i += 1) {
      await order('buy', 1);
      expect(kept.at(-1)!.orders.orders).toHaveLength(i);
    }
    kept.length = 0;
    await exchange.fetchOpenOrders!(SYMBOL);
    expect(kept).toHaveLength(1);
  });

  it('books a tagged order once, however often it is read', async () => {
    const { order, exchange, engine, look, settled } = account({ tagOrders: true });
    await look();
    const { id } = await order('buy', 1);
    for (let i = 0; i < 3; i += 1) await exchange.fetchOrder!(id);
    await order('sell', 1);
    await settled();
    expect(engine.decomposer.getTradeHistory().map(({ size }) => size)).toEqual([1]);
  });

  it('does not turn the exit of a position from before a restart into an entry', async () => {
    let held = 1;
    const { order, engine, look, settled } = account({
      positions: async () => [
        { symbol: SYMBOL, side: held < 0 ? 'short' : 'long', contracts: Math.abs(held) },
      ],
    });
    await look();
    for (const [side, signed] of [
      ['sell', -1],
      ['buy', 1],
      ['sell', -1],
    ] as const) {
      await order(side, 1);
      held += signed;
      await settled();
    }
    expect(engine.decomposer.getTradeHistory().map(({ side }) => side)).toEqual(['long']);
    expect(engine.getCoverage().unknownExits).toBe(1);
  });

  it('sends the arguments of an order by cost as they came', async () => {
    const { order, sent } = account();
    await order('buy', undefined, { cost: 100 });
    expect(sent[0]).toMatchObject({ amount: undefined, params: { cost: 100 } });
  });
});

describe('an overlay that is switched off', () => {
  it('asks nothing more, whatever was under way', async () => {
    const asked: string[] = [];
    let tell = (_: unknown) => {};
    const { order, engine, look, settled } = account({
      answer: (id) => ({ id: String(id) }),
      methods: {
        fetchMyTrades: () => {
          asked.push('trades');
          return new Promise((resolve) => {
            tell = resolve;
          });
        },
        fetchFundingHistory: async () => {
          asked.push('funding');
          return [];
        },
      },
    });
    await look();
    const { id } = await order('buy', 1);
    const waiting = settled();
    await expect.poll(() => asked).toEqual(['trades']);
    engine.setFlags({ enabled: false }, AUTHOR);
    tell([{ id: 't', order: id, symbol: SYMBOL, side: 'buy', amount: 1, price: 100, timestamp: START }]);
    await waiting;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(asked).toEqual(['trades']);
    expect(engine.getOptimizationStatus().errors).toEqual({});
  });
});

describe('a veto', () => {
  it('ends at once when an operator says so', async () => {
    const { order, veto, engine, amounts, look } = account();
    veto();
    await look();
    await expect(order('buy', 1)).rejects.toThrow();
    engine.setFlags({ enabled: false }, AUTHOR);
    await order('buy', 1);
    expect(amounts()).toEqual([1]);
  });
});
