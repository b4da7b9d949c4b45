import { describe, expect, it } from 'vitest';
import { AUTHOR, engineWith, rulesWith } from '../../fixtures.ts';
import { Venue } from '../core/venue.ts';
import { debutBot } from './host.ts';

describe('entries of a Debut bot', () => {
  it('that reverse a position are judged, every one: Debut opens the other side before it closes the first', async () => {
    const engine = rulesWith({ adaptiveWeighting: false });
    const { bot, tick } = debutBot({}, { engine }, new Venue({ shorts: true }));
    for (let i = 0; i < 20; i += 1) {
      await tick(100 + (i % 5));
      const [old] = bot.orders;
      await bot.createOrder(i % 2 ? 'SELL' : 'BUY', 1);
      if (old) await bot.closeOrder(old);
    }
    expect(engine.getOptimizationStatus().decisions).toBe(20);
    engine.forceStatus('EMA_Trend', 'SUSPENDED', AUTHOR);
    await tick(100);
    const sent = bot.venue.sent.length;
    const [last] = bot.orders;
    expect(await bot.createOrder('BUY', 1)).toBeUndefined();
    await bot.closeOrder(last!);
    expect(bot.venue.sent.slice(sent)).toEqual([{ symbol: 'BTCUSDT', side: 'buy', amount: 1 }]);
    expect(bot.venue.held('EMA_Trend')).toBe(0);
  });

  it('that add to a position are judged only where that is asked for', async () => {
    for (const edgekeeperGateAdds of [false, true]) {
      const engine = engineWith();
      const { bot, tick } = debutBot({ edgekeeperGateAdds }, { engine }, new Venue({ shorts: true }));
      await tick(100);
      await bot.createOrder('SELL', 1);
      await tick(100);
      await bot.createOrder('SELL', 1);
      expect(engine.getOptimizationStatus().decisions).toBe(edgekeeperGateAdds ? 2 : 1);
    }
  });

  it('are no adds to what was opened while learning', async () => {
    const engine = engineWith();
    const { bot, tick } = debutBot({}, { engine });
    bot.learning = true;
    await tick(100);
    await bot.createOrder('BUY', 1);
    bot.learning = false;
    await tick(100);
    await bot.createOrder('BUY', 1);
    expect(engine.getOptimizationStatus().decisions).toBe(1);
  });

  it('that failed and are tried again on the next tick, at another price, are one decision', async () => {
    const engine = engineWith();
    const { bot, plugin, tick } = debutBot({}, { engine });
    await tick(100);
    let tries = 0;
    bot.beforePlace = async () => {
      tries += 1;
      if (tries < 3) throw new Error('the network is down');
    };
    for (const price of [100, 101, 102]) {
      bot.currentCandle = { ...bot.currentCandle, c: price };
      await bot.createOrder('BUY', 1).catch(() => undefined);
    }
    expect(bot.orders).toHaveLength(1);
    expect(engine.getOptimizationStatus().decisions).toBe(1);
    for (let i = 0; i < 4; i += 1) await tick(103);
    // The tries that failed do not take back what was sent at last.
    expect(engine.getRecentDecisions().at(-1)).toMatchObject({ multiplier: 1 });
    await bot.closeAll();
    expect(plugin.api.trades()).toMatchObject([{ decisionId: plugin.api.decision()!.id }]);
  });

  it('that were sent are followed by others: the next one is another decision', async () => {
    const engine = engineWith();
    const { bot, tick } = debutBot({}, { engine });
    await tick(100);
    for (let i = 0; i < 3; i += 1) {
      await bot.createOrder('BUY', 1);
      await bot.closeAll();
    }
    expect(engine.getOptimizationStatus().decisions).toBe(3);
  });

  it('that cannot be read go out as they are, and are counted', async () => {
    const engine = engineWith();
    engine.forceStatus('EMA_Trend', 'SUSPENDED', AUTHOR);
    const { bot, plugin, tick } = debutBot({}, { engine });
    await tick(100);
    for (const order of [
      { cid: 1, type: 'HOLD', lots: 1 },
      { cid: 2, type: 'BUY', lots: Number.NaN },
      { cid: 3, type: 'BUY', lots: 0 },
    ]) {
      const { lots } = order;
      const named = { ...order, author: 'EMA_Trend' };
      expect(plugin.onBeforeOpen!.call({ debut: bot as never }, named)).toBeUndefined();
      expect(named.lots).toBe(lots);
    }
    expect(engine.getCoverage()).toMatchObject({ judged: 0, unjudged: { ORDER_UNREADABLE: 3 } });
  });

  it('go out at the least lots of the venue where vetoes are not survived, and no decision stands for them', async () => {
    const engine = engineWith();
    engine.forceStatus('EMA_Trend', 'SUSPENDED', AUTHOR);
    const lines: string[] = [];
    const { bot, plugin, tick } = debutBot(
      { edgekeeperShrink: true, edgekeeperLog: true },
      { engine, log: (line) => lines.push(line) },
    );
    await tick(100);
    // The tester says no minimum at all: what is left is one step of its lots.
    bot.instrument = { ...bot.instrument!, minQuantity: 0, minNotional: 0, lotPrecision: 10 };
    bot.lotRule = (lots) => Math.round(lots * 10) / 10;
    plugin.api.signal({ side: 'BUY', stop: 90 });
    await bot.createOrder('BUY', 2);
    expect(bot.venue.sent).toEqual([{ symbol: 'BTCUSDT', side: 'buy', amount: 0.1 }]);
    expect(lines).toEqual([
      'edgekeeper: EMA_Trend BTCUSDT BUY shrunk to the minimum of 0.1 lots (STRATEGY_SUSPENDED)',
    ]);
    await tick(110);
    await bot.closeAll();
    expect(plugin.api.trades()).toMatchObject([{ decisionId: null, rSource: 'stop' }]);
  });
});
