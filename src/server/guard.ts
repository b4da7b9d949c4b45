import { isIP } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { MiddlewareHandler } from 'hono';
import type { ServerSettings } from '../config/rooms.ts';
import { show } from '../model/errors.ts';
import { Refusal } from './refusal.ts';
import type { Token } from './token.ts';

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/;
const isLoopback = (host: string): boolean => LOOPBACK.test(host);

/** What `Host` calls, without its port. */
const hostIn = (header: string): string =>
  (/^\[([^\]]*)\](?::\d+)?$/.exec(header)?.[1] ?? header.replace(/:\d+$/, '')).toLowerCase();

export interface GuardOptions {
  readonly settings: ServerSettings;
  readonly token: Token;
}

/**
 * Answers only those who call it by a name of its own: a page of somebody else whose name was made to lead here says
 * another one.
 */
export function hostGuard({ settings: { host, allowedHosts } }: GuardOptions): MiddlewareHandler {
  const own = new Set([host, ...allowedHosts].map((each) => each.toLowerCase()));
  // Whoever listens everywhere is called by any of its addresses, which no page can be named.
  const isEverywhere = host === '0.0.0.0' || host === '::';
  return async (c, next) => {
    const called = hostIn(c.req.header('host') ?? '');
    if (!isLoopback(called) && !own.has(called) && !(isEverywhere && isIP(called) > 0))
      throw new Refusal(
        403,
        `a request to ${show(called)}`,
        'a name of this server',
        'Call it by localhost or its address, or add the name to allowedHosts.',
      );
    await next();
  };
}

/** Headers that keep a browser from doing more with what it gets than showing it. */
export const safeHeaders: MiddlewareHandler = async (c, next) => {
  await next();
  c.header(
    'content-security-policy',
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  );
  c.header('x-content-type-options', 'nosniff');
  c.header('referrer-policy', 'no-referrer');
  c.header('cross-origin-resource-policy', 'same-origin');
  if (!c.res.headers.has('cache-control')) c.header('cache-control', 'no-store');
};

/** At most so many of something in a minute. */
class Limit {
  readonly #most: number;
  #times: number[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  /** Counts one; false where it is one too many. */
  take(): boolean {
    const now = performance.now();
    this.#times = this.#times.filter((time) => now - time < 60_000);
    if (this.#times.length >= this.#most) return false;
    this.#times.push(now);
    return true;
  }
}

const WRITES_A_MINUTE = 60;
const GUESSES_A_MINUTE = 20;

/** Reads are free on this machine; everything else needs the token, and comes from a page of its own or from none. */
export function tokenGuard({ settings, token }: GuardOptions): MiddlewareHandler {
  const writes = new Limit(WRITES_A_MINUTE);
  const guesses = new Limit(GUESSES_A_MINUTE);
  const areReadsFree = isLoopback(settings.host);
  return async (c, next) => {
    const isRead = c.req.method === 'GET' || c.req.method === 'HEAD';
    if (isRead && areReadsFree) return next();
    if (!isRead) refuseForeign(c.req.header('origin'), c.req.header('sec-fetch-site'), c.req.header('host'));
    const [, given = null] = /^Bearer ([\x21-\x7e]{1,500})$/i.exec(c.req.header('authorization') ?? '') ?? [];
    // The right one passes however many others guess: nobody is kept from the panic switch.
    if (given === null || !token.is(given)) {
      if (given !== null && !guesses.take())
        throw new Refusal(429, 'too many wrong tokens', 'the token', 'Wait a minute, then try again.');
      c.header('www-authenticate', 'Bearer');
      throw new Refusal(
        401,
        given === null ? 'no token' : 'a token that is not the right one',
        'the header `Authorization: Bearer <token>`',
        `The token is in ${token.place}.`,
      );
    }
    if (!isRead && !writes.take())
      throw new Refusal(429, `more than ${WRITES_A_MINUTE} writes in a minute`, 'fewer', 'Wait a minute.');
    return next();
  };
}

function refuseForeign(origin: string | undefined, site: string | undefined, host = ''): void {
  const isForeign =
    origin !== undefined && origin.replace(/^https?:\/\//, '').toLowerCase() !== host.toLowerCase();
  if (!isForeign && (site === undefined || site === 'same-origin' || site === 'none')) return;
  throw new Refusal(
    403,
    `a write from ${show(origin ?? site)}`,
    'one from the dashboard itself, or from no page at all',
    'Open the dashboard by the address that it listens on.',
  );
}
