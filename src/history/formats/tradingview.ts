import { plainName } from '../columns.ts';
import type { Table } from '../table.ts';

/** Whether a table is TradingView's list of trades: two rows a trade, its entry and its exit. */
export function isTradingView({ header }: Table): boolean {
  const names = header.map(plainName);
  return (
    /^trade(number)?$/.test(names[0] ?? '') &&
    names.includes('type') &&
    names.some((name) => /^date(and)?time$/.test(name))
  );
}

/**
 * TradingView's list of trades with a row a trade. Its times are those of the chart, its symbol is not in it, and a trade
 * that is open at the end has no real exit: it is left out, as the word in its signal says.
 */
export function fromTradingView({ header, rows }: Table): { readonly table: Table; readonly open: number } {
  const names = header.map(plainName);
  const at = (pattern: RegExp) => names.findIndex((name) => pattern.test(name));
  const [number, type, time, signal, price] = [
    0,
    at(/^type$/),
    at(/^date(and)?time$/),
    at(/^signal$/),
    at(/^price/),
  ];
  const size = at(/^(contracts|positionsizeqty|sizeqty|qty|quantity)$/);
  const pnl = at(/^(profit|net?pnl|netpl|pnl|pl|netprofit)$/);
  const byTrade = new Map<string, { entry?: readonly string[]; exits: (readonly string[])[] }>();
  for (const row of rows) {
    const key = row[number]!;
    const pair = byTrade.get(key) ?? { exits: [] };
    byTrade.set(key, pair);
    if (/^entry/i.test(row[type]!)) pair.entry = row;
    else pair.exits.push(row);
  }
  const isReal = (exit: readonly string[]) => exit[time] !== '' && !/^open$/i.test(exit[signal] ?? '');
  const complete = [...byTrade.values()].flatMap(({ entry, exits }) =>
    entry ? exits.filter(isReal).map((exit) => ({ entry, exit })) : [],
  );
  const closed = [...byTrade.values()].filter(({ entry, exits }) => entry && exits.some(isReal));
  return {
    open: byTrade.size - closed.length,
    table: {
      header: ['entry time', 'exit time', 'side', 'size', 'entry price', 'exit price', 'pnl', 'exit reason'],
      rows: complete.map(({ entry, exit }) =>
        [
          entry[time],
          exit[time],
          entry[type]!.replace(/^entry\s*/i, ''),
          exit[size],
          entry[price],
          exit[price],
          exit[pnl],
          exit[signal],
        ].map((cell) => cell ?? ''),
      ),
    },
  };
}
