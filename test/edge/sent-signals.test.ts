import { describe, expect, it } from 'vitest';
import { countSignal, countWithdrawal, letThrough, noSignals } from '../../src/edge/sent-signals.ts';

describe('the signals of a strategy', () => {
  it('let so much of whole orders through as the guard says, and everything where it says nothing', () => {
    const signals = noSignals();
    const through = (guard: number, count: number) =>
      Array.from({ length: count }, () => letThrough(signals, guard)).filter(Boolean).length;
    expect(through(1, 1000)).toBe(1000);
    expect(through(0.25, 100)).toBe(25);
    expect(through(0.6, 100)).toBe(60);
    expect(through(0, 100)).toBe(0);
  });

  it('count what is withdrawn in any order, and what is sent after it', () => {
    const signals = noSignals();
    countSignal(signals, 'd1', false);
    countSignal(signals, 'd2', true);
    countSignal(signals, 'd3', true);
    expect(signals.blocked).toBe(0);
    countWithdrawal(signals, 'd2');
    expect(signals.blocked).toBe(0);
    countWithdrawal(signals, 'd3');
    expect(signals.blocked).toBe(3);
    countWithdrawal(signals, 'd3');
    countWithdrawal(signals, 'd1');
    expect(signals.blocked).toBe(3);
    countSignal(signals, 'd4', true);
    countSignal(signals, 'd5', false);
    expect(signals.blocked).toBe(1);
  });
});
