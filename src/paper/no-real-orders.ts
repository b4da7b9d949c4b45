import type { CcxtErrors, CcxtInstance } from './exchange.ts';

/** What ccxt may need of an account to sign a request. */
const CREDENTIALS = [
  'apiKey',
  'secret',
  'password',
  'uid',
  'login',
  'walletAddress',
  'privateKey',
  'token',
  'twofa',
];

type Request = (path: string, api?: unknown, method?: string, ...rest: unknown[]) => Promise<unknown>;

/**
 * Makes sure that no real order can leave an exchange, whatever is called on it: it forgets its keys, and sends nothing
 * but requests of public data. A bot that looks whether it has keys finds that it has.
 */
export function forbidRealOrders(exchange: CcxtInstance, errors: CcxtErrors): void {
  for (const name of CREDENTIALS)
    Object.defineProperty(exchange, name, {
      get: () => '',
      set: () => undefined,
      enumerable: true,
      configurable: true,
    });
  const { fetch2 } = exchange as unknown as { fetch2: Request };
  Object.assign(exchange, {
    checkRequiredCredentials: () => true,
    fetch2: (path: string, api: unknown = 'public', method = 'GET', ...rest: unknown[]) => {
      const isPublic = /public/i.test([api].flat().join(' '));
      if (method !== 'GET' && !isPublic)
        throw new errors.NotSupported(
          `${exchange.id} ${method} ${path}: no real order may leave a paper run`,
        );
      return fetch2.call(exchange, path, api, method, ...rest);
    },
  });
}
