/** A spot market for symbols whose venue is not asked: fees and limits as large spot venues have them. */
export function replayMarket(symbol: string, price: number): object {
  const [base, quote] = symbol.split('/');
  // A lot is worth about a hundredth to a tenth of a quote unit up to ten of them, as on real venues.
  const amountStep = powerOfTen(-Math.max(0, Math.ceil(Math.log10(price))));
  const priceStep = powerOfTen(Math.floor(Math.log10(price)) - 6);
  return {
    id: `${base}${quote}`,
    symbol,
    base,
    quote,
    baseId: base,
    quoteId: quote,
    type: 'spot',
    spot: true,
    margin: false,
    swap: false,
    future: false,
    option: false,
    contract: false,
    active: true,
    taker: 0.001,
    maker: 0.001,
    precision: { amount: amountStep, price: priceStep },
    limits: { amount: { min: amountStep }, cost: { min: 5 } },
  };
}

/** Exactly the number that is written so; 10 ** -5 is 9.999999999999999e-6. */
const powerOfTen = (exponent: number): number => Number(`1e${exponent}`);
