/** What a column of a table of closed trades may be. */
export const TRADE_ROLES = [
  'entryTime',
  'exitTime',
  'symbol',
  'side',
  'size',
  'entryPrice',
  'exitPrice',
  'pnl',
  'returnRate',
  'fees',
  'stop',
  'strategy',
  'exitReason',
] as const;
/** What a column of a table of executions may be. */
export const FILL_ROLES = [
  'time',
  'id',
  'symbol',
  'side',
  'price',
  'amount',
  'fee',
  'feeCurrency',
  'strategy',
] as const;
export type Role = (typeof TRADE_ROLES)[number] | (typeof FILL_ROLES)[number];
export type Columns = Partial<Record<Role, number>>;

/** Names that columns have, without spaces, units and capitals, the usual first. */
const NAMES: Readonly<Record<Role, readonly string[]>> = {
  entryTime: [
    'entrytime',
    'opentime',
    'opendate',
    'entrydate',
    'opened',
    'openedat',
    'opentimestamp',
    'entrytimestamp',
    'timeopen',
    'dateopen',
    'dateopened',
    'createdtime',
    'buydate',
    'openingtime',
    'opendatetime',
    'entrydatetime',
    'createdat',
    'createtime',
  ],
  exitTime: [
    'exittime',
    'closetime',
    'closedate',
    'exitdate',
    'closed',
    'closedat',
    'closetimestamp',
    'exittimestamp',
    'timeclose',
    'dateclose',
    'dateclosed',
    'updatedtime',
    'selldate',
    'closingtime',
    'tradetime',
    'closedatetime',
    'exitdatetime',
    'filledsettlementtimeutc',
    'settlementtime',
  ],
  symbol: [
    'symbol',
    'pair',
    'market',
    'instrument',
    'contracts',
    'item',
    'ticker',
    'product',
    'asset',
    'contract',
    'tradingpair',
  ],
  side: [
    'side',
    'direction',
    'action',
    'type',
    'tradetype',
    'positionside',
    'position',
    'longshort',
    'closingdirection',
    'buysell',
    'tradeside',
    'isshort',
  ],
  size: [
    'quantity',
    'qty',
    'positionsizeqty',
    'sizeqty',
    'positionsize',
    'size',
    'lots',
    'units',
    'closedsize',
    'contractsqty',
    'volume',
    'amount',
  ],
  entryPrice: [
    'entryprice',
    'openprice',
    'avgentryprice',
    'priceopen',
    'openrate',
    'buyprice',
    'entryrate',
    'averageentryprice',
    'openingprice',
    'entry',
  ],
  exitPrice: [
    'exitprice',
    'closeprice',
    'avgexitprice',
    'priceclose',
    'closerate',
    'sellprice',
    'exitrate',
    'averageexitprice',
    'closingprice',
    'avgcloseprice',
    'exit',
  ],
  pnl: [
    'pnl',
    'netpnl',
    'profit',
    'netprofit',
    'profitabs',
    'realizedpnl',
    'realisedpnl',
    'closedpnl',
    'closedpl',
    'pl',
    'profitloss',
    'gain',
    'realizedprofit',
    'closingpnl',
    'netpl',
    'result',
  ],
  returnRate: [
    'pnlpercent',
    'profitpercent',
    'profitratio',
    'return',
    'returnpercent',
    'netpnlpercent',
    'roi',
    'profitpct',
    'pnlpct',
    'returnpct',
    'profitpercentage',
    'pnlpercentage',
  ],
  fees: ['fees', 'fee', 'commission', 'commissions', 'tradingfee', 'totalfee', 'feecost'],
  stop: [
    'stop',
    'stoploss',
    'sl',
    'stopprice',
    'stoplossprice',
    'initialstop',
    'initialstoploss',
    'initialstoplossabs',
  ],
  strategy: [
    'strategy',
    'strategyname',
    'system',
    'signal',
    'entertag',
    'magic',
    'bot',
    'botname',
    'configfilepath',
    'model',
  ],
  exitReason: ['exitreason', 'reason', 'closereason', 'exittag', 'exittype', 'sellreason', 'comment'],
  time: [
    'time',
    'timestamp',
    'date',
    'datetime',
    'dateutc',
    'createdat',
    'filledat',
    'executiontime',
    'tradetime',
    'utctime',
    'timeutc',
    'transactiontime',
    'tradedate',
    'createdatutc',
    'filledtimeutc',
    'filledtime',
  ],
  id: ['tradeid', 'exchangetradeid', 'id', 'txid', 'execid', 'fillid', 'transactionid'],
  price: [
    'price',
    'avgprice',
    'averageprice',
    'executedprice',
    'fillprice',
    'tradeprice',
    'averagefillprice',
    'filledprice',
  ],
  // Binance's `Amount` is what was paid: `Executed` is the units.
  amount: [
    'executed',
    'executedqty',
    'filledamount',
    'filledqty',
    'quantity',
    'qty',
    'execqty',
    'filledsize',
    'vol',
    'size',
    'filled',
    'amount',
    'volume',
  ],
  fee: ['tradefeeinquote', 'fee', 'fees', 'commission', 'tradingfee', 'execfee', 'feepaid', 'feeamount'],
  feeCurrency: ['feecurrency', 'feecoin', 'commissionasset', 'feeasset', 'feeunit', 'feetoken'],
};

/** The name of a column without spaces, brackets, units and capitals. A percent sign is part of it. */
export const plainName = (header: string): string =>
  header
    .toLowerCase()
    .replaceAll('%', ' percent')
    .replaceAll(/\b(usdt|usdc|usd|eur|btc)\b/g, '')
    .replaceAll(/[^a-z]/g, '');

/** Guesses what each column is, a column for a role and a role for a column. */
export function guessColumns(header: readonly string[], roles: readonly Role[]): Columns {
  const names = header.map(plainName);
  const taken = new Set<number>();
  const columns: Columns = {};
  // In order of how usual a name is: `profit` before `result`, whichever comes first in the table.
  for (let rank = 0; rank < 20; rank += 1) {
    for (const role of roles) {
      const name = NAMES[role][rank];
      if (name === undefined || columns[role] !== undefined) continue;
      const at = names.findIndex((each, i) => each === name && !taken.has(i));
      if (at < 0) continue;
      columns[role] = at;
      taken.add(at);
    }
  }
  return columns;
}
