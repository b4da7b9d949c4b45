import { describe, expect, it } from 'vitest';
import { callOf, isPlainBuy, readCall, rowCallOf } from '../../../adapters/ccxt/calls.ts';
import type { CcxtExchange } from '../../../adapters/ccxt/market.ts';

const MARKETS = {
  'BTC/USDT': { symbol: 'BTC/USDT', spot: true },
  'BTC/USDT:USDT': { symbol: 'BTC/USDT:USDT', spot: false, swap: true },
} as const;

const exchangeWith = (options: Record<string, unknown> = {}, isLoaded = true) =>
  ({
    options,
    ...(isLoaded ? { markets: MARKETS } : {}),
    market: (symbol: keyof typeof MARKETS) => MARKETS[symbol],
  }) as unknown as CcxtExchange;

function read(
  symbol: string,
  side: string,
  params: object = {},
  { type = 'market', options = {} }: { type?: string; options?: Record<string, unknown> } = {},
) {
  const exchange = exchangeWith(options);
  return readCall(callOf([symbol, type, side, 1, undefined, params], exchange), exchange);
}

describe('on plain spot', () => {
  it('a buy is an entry and a sale an exit', () => {
    expect(read('BTC/USDT', 'buy')).toMatchObject({ kind: 'entry', side: 'long' });
    expect(read('BTC/USDT', 'sell')).toMatchObject({ kind: 'exit', side: 'long' });
    expect(read('BTC/USDT', 'BUY', { clientOrderId: 'x', postOnly: true, timeInForce: 'GTC' })).toMatchObject(
      {
        kind: 'entry',
      },
    );
  });

  it('nothing is taken for spot that may be margin', () => {
    for (const params of [
      { isLeverage: 1 },
      { portfolioMargin: true },
      { sideEffectType: 'AUTO_REPAY' },
      { account: 'cross_margin' },
      { marginMode: 'isolated' },
      { margin: true },
      { tdMode: 'cross' },
      { type: 'margin' },
      { leverage: 3 },
    ])
      for (const side of ['buy', 'sell'])
        expect(read('BTC/USDT', side, params), JSON.stringify(params)).toEqual({
          kind: 'doubt',
          why: 'ACCOUNT_UNCLEAR',
        });
    for (const options of [
      { defaultMarginMode: 'cross' },
      { marginMode: 'isolated' },
      { defaultType: 'margin' },
      { createOrder: { marginMode: 'cross' } },
      { portfolioMargin: true },
      { papi: true },
      { createOrder: { papi: true } },
    ])
      expect(read('BTC/USDT', 'buy', {}, { options }), JSON.stringify(options)).toMatchObject({
        kind: 'doubt',
      });
  });

  it('words that say spot, or nothing, leave it plain', () => {
    for (const params of [
      { marginMode: 'cash' },
      { tdMode: 'cash' },
      { type: 'spot' },
      { isLeverage: 0 },
      { margin: false },
      { account: 'spot' },
      { marginMode: undefined },
    ])
      expect(read('BTC/USDT', 'buy', params), JSON.stringify(params)).toMatchObject({ kind: 'entry' });
    expect(read('BTC/USDT', 'buy', {}, { options: { defaultType: 'swap' } })).toMatchObject({
      kind: 'entry',
    });
  });

  it('a parameter that nobody knows makes it doubtful', () => {
    expect(read('BTC/USDT', 'buy', { anything: 1 })).toEqual({ kind: 'doubt', why: 'PARAMETER_UNKNOWN' });
  });

  it('a buy is known by its words before markets are loaded', () => {
    const exchange = exchangeWith({}, false);
    expect(isPlainBuy(callOf(['BTC/USDT', 'market', 'buy', 1], exchange), exchange)).toBe(true);
    expect(isPlainBuy(callOf(['BTC/USDT', 'market', 'sell', 1], exchange), exchange)).toBe(false);
    expect(isPlainBuy(callOf(['BTC/USDT:USDT', 'market', 'buy', 1], exchange), exchange)).toBe(false);
    expect(readCall(callOf(['BTC/USDT', 'market', 'sell', 1], exchange), exchange)).toMatchObject({
      kind: 'exit',
    });
    expect(readCall(callOf(['BTC/USDT:USDT', 'market', 'buy', 1], exchange), exchange)).toEqual({
      kind: 'doubt',
      why: 'MARKET_UNKNOWN',
    });
  });
});

describe('an exit', () => {
  it('says so in any of the words of the venues', () => {
    for (const params of [
      { reduceOnly: true },
      { reduceOnly: 'true' },
      { reduce_only: 1 },
      { closePosition: true },
      { closeOnTrigger: true },
      { closeOrder: true },
      { close: true },
      { execInst: 'Close' },
      { execInst: ['ReduceOnly'] },
      { tradeSide: 'close' },
      { offset: 'close' },
      { stopLossPrice: 90 },
      { takeProfitPrice: 120 },
      { trailingPercent: 1 },
      { trailingAmount: 5 },
    ])
      expect(read('BTC/USDT:USDT', 'buy', params), JSON.stringify(params)).toMatchObject({
        kind: 'exit',
        side: 'short',
      });
    expect(read('BTC/USDT:USDT', 'sell', {}, { type: 'TRAILING_STOP_MARKET' })).toMatchObject({
      kind: 'exit',
    });
    expect(read('BTC/USDT:USDT', 'sell', {}, { type: 'take_profit' })).toMatchObject({ kind: 'exit' });
  });

  it('is not what says that it is none', () => {
    expect(read('BTC/USDT:USDT', 'buy', { reduceOnly: 'false' })).toEqual({ kind: 'account' });
    expect(read('BTC/USDT:USDT', 'buy', { reduceOnly: false })).toEqual({ kind: 'account' });
    expect(read('BTC/USDT', 'buy', { close: { ordertype: 'stop-loss', price: 90 } })).toMatchObject({
      kind: 'entry',
    });
  });
});

describe('on derivatives', () => {
  it('hedge mode names the side', () => {
    expect(read('BTC/USDT:USDT', 'buy', { positionSide: 'LONG' })).toMatchObject({
      kind: 'entry',
      side: 'long',
    });
    expect(read('BTC/USDT:USDT', 'buy', { posSide: 'short' })).toMatchObject({ kind: 'exit', side: 'short' });
    expect(read('BTC/USDT:USDT', 'sell', { positionIdx: 2 })).toMatchObject({ kind: 'entry', side: 'short' });
    expect(read('BTC/USDT:USDT', 'sell', { positionSide: 'BOTH' })).toEqual({ kind: 'account' });
  });

  it("the account's position tells otherwise, but of what waits for a price nobody can", () => {
    expect(read('BTC/USDT:USDT', 'sell', { leverage: 5 })).toEqual({ kind: 'account' });
    expect(read('BTC/USDT:USDT', 'sell', { triggerPrice: 90 })).toEqual({
      kind: 'doubt',
      why: 'POSITION_UNKNOWN',
    });
  });

  it('what is neither a purchase nor a sale cannot be read', () => {
    expect(read('BTC/USDT:USDT', 'hold')).toEqual({ kind: 'doubt', why: 'ORDER_UNREADABLE' });
  });
});

describe('a row of a list of orders', () => {
  const of = (symbol: string, side: string, own: object | undefined, common: unknown) => {
    const exchange = exchangeWith();
    const row = { symbol, type: 'market', side, amount: 1, ...(own ? { params: own } : {}) };
    return readCall(rowCallOf(row, common, exchange), exchange);
  };

  it('has what is said of the whole list', () => {
    expect(of('BTC/USDT:USDT', 'sell', undefined, { reduceOnly: true })).toMatchObject({ kind: 'exit' });
    expect(of('BTC/USDT', 'buy', { postOnly: true }, { marginMode: 'cross', tdMode: 'cross' })).toEqual({
      kind: 'doubt',
      why: 'ACCOUNT_UNCLEAR',
    });
    expect(of('BTC/USDT', 'buy', { postOnly: true }, undefined)).toMatchObject({ kind: 'entry' });
  });

  it('is no entry where it says otherwise than the list, and either is none', () => {
    for (const [own, common] of [
      [{ reduceOnly: true }, { reduceOnly: false }],
      [{ reduceOnly: false }, { reduceOnly: true }],
    ])
      expect(of('BTC/USDT:USDT', 'sell', own, common)).toMatchObject({ kind: 'exit' });
    for (const [own, common] of [
      [{ tdMode: 'cash' }, { tdMode: 'cross' }],
      [{ tdMode: 'cross' }, { tdMode: 'cash' }],
    ])
      expect(of('BTC/USDT', 'buy', own, common)).toMatchObject({ kind: 'doubt' });
  });
});
