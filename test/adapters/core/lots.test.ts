import { describe, expect, it } from 'vitest';
import { LotBook } from '../../../adapters/core/lots.ts';
import { START } from '../../fixtures.ts';

describe('lots', () => {
  const entry = { strategy: 's', symbol: 'A/B', side: 'long', from: 'd1' } as const;
  const fill = { id: 'x', time: START, price: 100, amount: 1, fee: 0 };

  it('close first in first out, each with its share of the fees', () => {
    const book = new LotBook();
    book.open(entry, { ...fill, fee: 1 });
    book.open(entry, { ...fill, price: 200, fee: 2 });
    const trades = book.close(entry, { ...fill, price: 300, amount: 1.5, fee: 3 });
    expect(trades.map(({ pnl }) => pnl)).toEqual([200 - 1 - 2, 50 - 1 - 1]);
    expect(book.openSize(entry)).toBe(0.5);
  });

  it("turn a short's fall into a gain", () => {
    const book = new LotBook();
    const short = { ...entry, side: 'short' } as const;
    book.open(short, fill);
    expect(book.close(short, { ...fill, price: 90 })[0]!.pnl).toBe(10);
  });

  it('count a fee that the venue kept in base currency as money', () => {
    const book = new LotBook();
    book.open(entry, { ...fill, baseFee: 0.001 });
    const [closed] = book.close(entry, { ...fill, price: 100, amount: 0.999 });
    expect(closed!.pnl).toBeCloseTo(-0.1, 12);
    expect(book.openSize(entry)).toBe(0);
  });

  it('let go of what is too small ever to be sold, and ignore what was never bought', () => {
    const book = new LotBook();
    book.open(entry, fill);
    book.close(entry, { ...fill, amount: 0.9995 });
    expect(book.openSize(entry)).toBeCloseTo(0.0005, 12);
    book.open(entry, { ...fill, amount: 2, dust: 0.001 });
    expect(book.openSize(entry)).toBe(2);
    expect(book.close({ ...entry, strategy: 'other' }, fill)).toEqual([]);
  });
});

describe('positions', () => {
  const entry = { strategy: 's', symbol: 'A/B', side: 'long', from: 'd1' } as const;
  const fill = { id: 'x', time: START, price: 100, amount: 1, fee: 0 };

  it('are the lots of one decision, and say what is left of them', () => {
    const book = new LotBook();
    book.open(entry, fill);
    book.open({ ...entry, from: 'd2' }, { ...fill, id: 'y' });
    book.open({ ...entry, from: 'd2' }, { ...fill, id: 'z' });
    const parts = book.close(entry, { ...fill, amount: 2.5 });
    expect(parts.map(({ positionId, openSize }) => [positionId, openSize])).toEqual([
      ['d1', 0],
      ['d2', 1],
      ['d2', 0.5],
    ]);
  });

  it('keep their name when they are sold out before the rest of them is bought', () => {
    const book = new LotBook();
    book.open(entry, fill);
    book.close(entry, { ...fill, id: 'a' });
    book.open(entry, { ...fill, id: 'y' });
    expect(book.close(entry, { ...fill, id: 'b' })).toMatchObject([{ positionId: 'd1' }]);
  });

  it('are closed when less is left than can ever be sold', () => {
    const book = new LotBook();
    book.open(entry, { ...fill, amount: 74.62, baseFee: 0.07462 });
    const [closed] = book.close(entry, { ...fill, amount: 74.54, dust: 0.01 });
    expect(closed!.openSize).toBe(0);
    expect(book.openSize(entry)).toBeCloseTo(0.00538, 9);
  });

  it('that nobody knows the end of are let go, the oldest first', () => {
    const book = new LotBook();
    book.open(entry, fill);
    book.open({ ...entry, from: 'd2' }, { ...fill, id: 'y' });
    expect(book.abandon(entry, 1.25)).toMatchObject([
      { positionId: 'd1', size: 1 },
      { positionId: 'd2', size: 0.25 },
    ]);
    expect(book.openSize(entry)).toBe(0.75);
  });

  it('of inverse contracts count base units, each lot at its own price', () => {
    const book = new LotBook(() => ({ size: 100, inverse: true }));
    book.open(entry, { ...fill, price: 50, amount: 1, fee: 0.001 });
    book.open({ ...entry, from: 'd2' }, { ...fill, id: 'y', price: 100, amount: 1 });
    const [first, second] = book.close(entry, { ...fill, price: 80, amount: 2 });
    expect(first).toMatchObject({ size: 2, fees: 0.08 });
    // 100 / 50 - 100 / 80 base units, worth 80 each, less the fee.
    expect(first!.pnl).toBeCloseTo((100 / 50 - 100 / 80) * 80 - 0.08, 9);
    expect(second!.pnl).toBeCloseTo((100 / 100 - 100 / 80) * 80, 9);
  });
});
