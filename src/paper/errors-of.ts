import type { CcxtErrors, CcxtInstance } from './exchange.ts';

type ErrorClass = new (message: string) => Error;
const NAMES = ['InvalidOrder', 'InsufficientFunds', 'OrderNotFound', 'NotSupported'] as const;

/**
 * The error classes of an exchange's own copy of ccxt, by what it maps its venue's answers to, so that a bot meets the
 * errors that it would meet live; where it maps none, an error of that name.
 */
export function errorsOf(exchange: CcxtInstance): CcxtErrors {
  const { exceptions } = exchange as unknown as { readonly exceptions?: unknown };
  const known = new Map<string, ErrorClass>();
  for (const found of classesIn(exceptions))
    for (let each = found; typeof each === 'function' && each.name !== ''; each = Object.getPrototypeOf(each))
      known.set(each.name, each);
  return Object.fromEntries(
    NAMES.map((name) => [name, known.get(name) ?? named(name)]),
  ) as unknown as CcxtErrors;
}

function classesIn(exceptions: unknown): ErrorClass[] {
  if (typeof exceptions === 'function') return [exceptions as ErrorClass];
  if (exceptions === null || typeof exceptions !== 'object') return [];
  return Object.values(exceptions).flatMap(classesIn);
}

const named = (name: string): ErrorClass =>
  class extends Error {
    override name = name;
  };
