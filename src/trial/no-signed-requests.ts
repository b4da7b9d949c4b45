import { subscribe } from 'node:diagnostics_channel';
import http, { type ClientRequest } from 'node:http';
import https from 'node:https';
import { syncBuiltinESMExports } from 'node:module';

/** Headers by which exchanges know whose a request is. None of them is needed for market data. */
const SIGNED_HEADERS =
  /^(x-mbx-apikey|ok-access-\w+|x-bapi-(api-key|sign)|kc-api-\w+|api-(key|sign|signature)|(cb-)?access-(key|sign|token)|key|sign|signature|x-bm-(key|sign)|bfx-(apikey|signature)|x-gemini-(apikey|signature)|x-auth(-signature|-key)?|x-phemex-(access-token|request-signature)|fst-auth-\w+|x-txc-\w+|x-bx-apikey|x-deribit-sig|x-access-(key|sign)|btc-api-key|x-api-(sign|signature)|x-cs-\w+|x-bp-\w+|apikey-hmac)$/i;
/** The same in an address or a body. */
const SIGNED_TEXT = /(^|[?&"'{,\s])(signature|sign|sig|apisign|api_sign)["']?\s*[=:]/i;
/** Where streams are that take orders, or tell of an account. */
const PRIVATE_STREAMS = /ws-api|ws-fapi|\/private|\/trade(\?|$)|\/ws\/v5\/business/i;

type Headers = Iterable<readonly [string, unknown]>;

/** Why a request would be somebody's, in words; null for one that anybody may make. */
export function signedBy(url: string, headers: Headers, body: unknown): string | null {
  for (const [name, value] of headers) {
    if (SIGNED_HEADERS.test(name)) return `the header ${name}`;
    if (/^upgrade$/i.test(name) && /websocket/i.test(String(value)) && PRIVATE_STREAMS.test(url))
      return 'a stream that takes orders';
  }
  const at = url.indexOf('?');
  if (at >= 0 && SIGNED_TEXT.test(url.slice(at))) return 'a signature in its address';
  return typeof body === 'string' && SIGNED_TEXT.test(body) ? 'a signature in its body' : null;
}

/** A request as undici shows it before it is sent. */
interface UndiciRequest {
  readonly method: string;
  readonly origin: string | URL;
  readonly path: string;
  /** Names and values in turns, or lines of them. */
  readonly headers: readonly unknown[] | string;
  readonly body: unknown;
  /** Ends it before it begins. */
  onError(error: Error): void;
}

function fieldsOf(headers: UndiciRequest['headers']): [string, unknown][] {
  if (typeof headers === 'string')
    return headers
      .split('\r\n')
      .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]);
  return headers.flatMap((name, i): [string, unknown][] =>
    i % 2 === 0 ? [[String(name), headers[i + 1]]] : [],
  );
}

/**
 * Lets no request leave this process that is signed for an exchange, whoever makes it: another copy of ccxt, a library of
 * an exchange, or the bot by itself.
 * @param onRefused told of each, in words without what is secret
 */
export function forbidSignedRequests(onRefused: (what: string) => void): void {
  const refuse = (method: string, host: string, why: string): Error => {
    const what = `${method} to ${host} with ${why}`;
    onRefused(what);
    return new Error(`no real order may leave a paper run: ${what}`);
  };
  // Of every copy of undici, `fetch` among them.
  subscribe('undici:request:create', (message) => {
    const { request } = message as { request: UndiciRequest };
    const { method, origin, path, headers, body } = request;
    const text = Buffer.isBuffer(body) ? body.toString() : body;
    const why = signedBy(path, fieldsOf(headers), text);
    if (why !== null) request.onError(refuse(method, new URL(String(origin)).host, why));
  });
  // There a body is a stream already.
  const { fetch } = globalThis;
  globalThis.fetch = async (input, init) => {
    const { body } = init ?? {};
    const { url, method } = new Request(input, init);
    const why = signedBy(url, [], typeof body === 'object' ? String(body) : body);
    if (why !== null) throw refuse(method, new URL(url).host, why);
    return fetch(input, init);
  };
  for (const module of [http, https]) {
    const request = module.request as (...given: unknown[]) => ClientRequest;
    const guarded = (...given: unknown[]): ClientRequest => {
      const sent = request(...given);
      const { host, method } = sent;
      const look = (body: unknown) => {
        const headers = Object.entries(sent.getHeaders());
        const why = signedBy(sent.path, headers, Buffer.isBuffer(body) ? body.toString() : body);
        if (why !== null) sent.destroy(refuse(method, host, why));
        return why === null;
      };
      const write = sent.write.bind(sent) as (...given: unknown[]) => boolean;
      const end = sent.end.bind(sent) as (...given: unknown[]) => ClientRequest;
      // What it says is complete only when it is sent. Whoever sends it hears of it as of a connection that broke.
      Object.assign(sent, {
        write: (chunk: unknown, ...rest: unknown[]) => look(chunk) && write(chunk, ...rest),
        end: (chunk?: unknown, ...rest: unknown[]) => (look(chunk) ? end(chunk, ...rest) : sent),
      });
      return sent;
    };
    Object.assign(module, {
      request: guarded,
      get(...given: unknown[]) {
        const sent = guarded(...given);
        sent.end();
        return sent;
      },
    });
  }
  syncBuiltinESMExports();
}
