import { type Candle, timeframeMs } from '../model/candle.ts';
import { EdgekeeperError, show } from '../model/errors.ts';
import { readCandles, symbolsIn } from './candle-files.ts';
import { GENERATED_SYMBOLS, generateMarket, type Planted, plantedIn } from './generated-market.ts';

export interface CandleSourceOptions {
  readonly symbols?: readonly string[];
  readonly timeframe: string;
  /** Directory of candle files; without it the market is generated. */
  readonly candles?: string;
  /** Open times in [from, to), ms UTC. */
  readonly from?: number;
  readonly to?: number;
  readonly seed: number;
}

export interface CandleSource {
  /** Says where the candles come from. */
  readonly source: string;
  readonly bySymbol: ReadonlyMap<string, readonly Candle[]>;
  /** What the market was made to hold; null where nobody made it. */
  readonly planted: readonly Planted[] | null;
}

const YEAR_OF_HOURS = 365 * 24;
const GENERATED_START = Date.UTC(2024, 0, 1);

/** The candles of a replay. Throws coded errors for symbols and times that are not there. */
export async function candleSource(options: CandleSourceOptions): Promise<CandleSource> {
  return options.candles === undefined ? generated(options) : recorded(options, options.candles);
}

function generated(options: CandleSourceOptions): CandleSource {
  const interval = timeframeMs(options.timeframe);
  const symbols = options.symbols ?? Object.keys(GENERATED_SYMBOLS);
  const unknown = symbols.filter((symbol) => !(symbol in GENERATED_SYMBOLS));
  if (unknown.length > 0) {
    throw new EdgekeeperError('SYMBOL_UNKNOWN', {
      found: `${unknown.map(show).join(', ')} in the generated market`,
      expected: `some of ${Object.keys(GENERATED_SYMBOLS).join(', ')}`,
      hint: 'Name an exchange with --exchange, or files with --candles DIR, for other symbols.',
    });
  }
  const start = options.from ?? GENERATED_START;
  const count =
    options.to === undefined
      ? Math.round((YEAR_OF_HOURS * 3_600_000) / interval)
      : Math.floor((options.to - start) / interval);
  if (count < 1) {
    throw new EdgekeeperError('OPTION_INVALID', {
      found: `--to ${new Date(options.to!).toISOString()} not after the start ${new Date(start).toISOString()}`,
      expected: 'a time at least one candle later',
      hint: 'Change --from or --to.',
    });
  }
  const market = generateMarket({ seed: options.seed, start, count, interval });
  const planted: readonly Planted[] = plantedIn({ start, count, interval });
  return {
    source: `a generated market (seed ${options.seed})`,
    planted,
    bySymbol: new Map(symbols.map((symbol) => [symbol, market.get(symbol)!])),
  };
}

async function recorded(options: CandleSourceOptions, directory: string): Promise<CandleSource> {
  const symbols = options.symbols ?? (await symbolsIn(directory, options.timeframe));
  if (symbols.length === 0) {
    throw new EdgekeeperError('CANDLES_MISSING', {
      found: `no candle file of ${options.timeframe} in ${directory}`,
      expected: `files such as BTC_USDT-${options.timeframe}.csv or .csv.gz`,
      hint: 'Check --candles and --timeframe.',
    });
  }
  const bySymbol = new Map<string, Candle[]>();
  for (const symbol of symbols) {
    if (!/^[^/\s]+\/[^/\s]+$/.test(symbol)) {
      throw new EdgekeeperError('SYMBOL_UNKNOWN', {
        found: show(symbol),
        expected: 'a symbol written BASE/QUOTE',
        hint: 'Separate symbols by commas: --symbols BTC/USDT,ETH/USDT.',
      });
    }
    const { from, to } = options;
    bySymbol.set(
      symbol,
      await readCandles(directory, symbol, options.timeframe, {
        ...(from === undefined ? {} : { from }),
        ...(to === undefined ? {} : { to }),
      }),
    );
  }
  return { source: 'recorded candles', bySymbol, planted: null };
}
