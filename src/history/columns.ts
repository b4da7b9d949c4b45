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
  'status',
  'realized',
  'effect',
  'market',
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
    'filledsettlementtime',
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
    'ls',
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
  // What is left after fees comes before what is not.
  pnl: [
    'netpnl',
    'netprofit',
    'netpl',
    'pnl',
    'profit',
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
  // What was paid comes before what was asked for.
  price: [
    'averageprice',
    'avgprice',
    'averagefillprice',
    'avgfilledprice',
    'filledprice',
    'fillprice',
    'executedprice',
    'tradeprice',
    'price',
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
    'filledquantity',
    'vol',
    'size',
    'filled',
    'amount',
    'volume',
  ],
  fee: ['tradefeeinquote', 'fee', 'fees', 'commission', 'tradingfee', 'execfee', 'feepaid', 'feeamount'],
  status: ['status', 'orderstatus', 'state'],
  realized: ['realizedprofit', 'realizedpnl', 'realisedpnl', 'closedpnl', 'realizedpl', 'pnl'],
  effect: ['openclose', 'positioneffect', 'effect'],
  market: ['market', 'connector', 'exchange', 'producttype', 'category'],
  feeCurrency: ['feecurrency', 'feecoin', 'commissionasset', 'feeasset', 'feeunit', 'feetoken'],
};

/** The name of a column without spaces, brackets, units and capitals. A percent sign is part of it. */
export const plainName = (header: string): string =>
  header
    .toLowerCase()
    .replaceAll('%', ' percent')
    .replaceAll(/\(utc[^)]*\)/g, '')
    .replaceAll(/\b(usdt|usdc|busd|fdusd|usd|eur|gbp|jpy|chf|cad|aud|inr|brl|krw|try|btc|eth)\b/g, '')
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
