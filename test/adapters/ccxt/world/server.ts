import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from './clock.ts';
import type { Asked, Params } from './fronts/asked.ts';
import { answer } from './fronts/binance.ts';
import { answerBybit } from './fronts/bybit.ts';
import { VenueError } from './venue/order.ts';
import type { Venue } from './venue/venue.ts';

/** What befalls the next order: its answer is lost, or it never arrives; a lost answer may look like a broken server. */
export type OrderFault = 'answer-lost' | 'order-lost' | 'error-after' | 'error-before';
/** What befalls questions, for as long as it is set. */
export interface ReadFaults {
  readonly positions?: 'fails' | 'empty' | 'hangs';
  /** How far trades lag behind, in ms. */
  readonly tradeLag?: number;
  /** How long answers take, in ms of real time. */
  readonly slow?: number;
}

/** How long the venue hangs before it gives up, in ms of real time: long enough that nothing may wait for it. */
const HANGING = 30;

export interface LoggedRequest {
  readonly method: string;
  readonly path: string;
  readonly params: Params;
  /** Everything that went over the wire but for the host and the account's key. */
  readonly raw: string;
  /** Clock of the venue, in ms. */
  readonly time: number;
  /** Null until it is answered; 0 where the answer was lost. */
  status: number | null;
}

/** One account at the venue, with all that was asked of it. */
export interface Account {
  readonly key: string;
  readonly venue: Venue;
  readonly clock: Clock;
  readonly log: LoggedRequest[];
  /** Requests that change something, as they leave the client. */
  writes: number;
  orderFault: OrderFault | null;
  readFaults: ReadFaults;
  /** Until when an account without positions is claimed: such a lapse passes. */
  emptyUntil: number;
}

export interface Server {
  readonly base: string;
  open(venue: Venue): Account;
  /** Ends an account: who still asks gets no answer. */
  close(account: Account): void;
  stop(): Promise<void>;
}

/** Whether a request changes something at the venue. */
export const isWrite = ({ method }: { readonly method: string }): boolean => method !== 'GET';

/** Whether a request places one order. */
export const isPlacing = ({ method, path }: { readonly method: string; readonly path: string }): boolean =>
  method === 'POST' && /(^|\/)(order|algoOrder|order\/create)$/.test(path);

/** Parameters of the address and of a body, whichever way it is written. */
function paramsOf(url: URL, body: string): Params {
  const query = [...url.searchParams];
  if (!body.startsWith('{')) return Object.fromEntries([...query, ...new URLSearchParams(body)]);
  const sent = Object.entries(JSON.parse(body) as object).map(([name, value]): [string, string] => [
    name,
    String(value),
  ]);
  return Object.fromEntries([...query, ...sent]);
}

/** A venue on this machine: accounts by API key, what is public by the account that was opened last. */
export async function startServer(): Promise<Server> {
  const accounts = new Map<string, Account>();
  let latest: Account | undefined;
  let opened = 0;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const url = new URL(request.url!, 'http://127.0.0.1');
    const key = request.headers['x-mbx-apikey'] ?? request.headers['x-bapi-api-key'];
    const account = key === undefined ? latest : accounts.get(String(key));
    // Of an account that has ended nobody answers any more.
    if (!account) return drop(request);
    const [, family, ...rest] = url.pathname.split('/');
    const path = (family === 'v5' ? rest : rest.slice(1)).join('/').replace(/^margin\//, '');
    const params = paramsOf(url, body);
    const entry: LoggedRequest = {
      method: request.method!,
      path: `${family}/${path}`,
      params,
      raw: `${request.method} ${request.url} ${body}`,
      time: account.venue.now,
      status: null,
    };
    account.log.push(entry);
    const asked = {
      method: entry.method,
      family,
      path,
      params,
      tradeLag: account.readFaults.tradeLag ?? 0,
    } as Asked;
    await respond(account, asked, entry, request, response);
  }

  async function respond(
    account: Account,
    asked: Asked,
    entry: LoggedRequest,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const send = (status: number, content: unknown) => {
      entry.status = status;
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(content));
    };
    const broken = () => send(503, { msg: 'Unknown error, please check your request or try again later.' });
    const { positions, slow } = account.readFaults;
    const asksPositions = asked.path === 'positionRisk' || asked.path === 'position/list';
    const fault = isPlacing(asked) ? account.orderFault : null;
    if (fault) account.orderFault = null;
    if (slow) await new Promise((resolve) => setTimeout(resolve, slow));
    if (fault === 'order-lost') {
      entry.status = 0;
      return drop(request);
    }
    if (fault === 'error-before') return broken();
    if (asksPositions && positions === 'fails') return broken();
    if (asksPositions && positions === 'empty' && account.clock.now < account.emptyUntil)
      return send(
        200,
        asked.family === 'v5' ? { retCode: 0, result: { list: [] }, time: account.venue.now } : [],
      );
    if (asksPositions && positions === 'hangs') {
      await new Promise((resolve) => setTimeout(resolve, HANGING));
      entry.status = 0;
      return drop(request);
    }
    try {
      const content = (asked.family === 'v5' ? answerBybit : answer)(account.venue, asked);
      if (fault === 'answer-lost') {
        entry.status = 0;
        return drop(request);
      }
      if (fault === 'error-after') return broken();
      send(200, content);
    } catch (error) {
      if (!(error instanceof VenueError)) throw error;
      send(400, { code: error.code, msg: error.message });
    }
  }

  const drop = (request: IncomingMessage): void => void request.socket.destroy();
  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      // A fault of the venue itself must be seen, not taken for one of those that it plays.
      console.error(error);
      process.exitCode = 1;
      request.socket.destroy();
    });
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    base: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    open(venue) {
      opened += 1;
      const account: Account = {
        key: `account-${opened}`,
        venue,
        clock: venue.clock,
        log: [],
        writes: 0,
        orderFault: null,
        readFaults: {},
        emptyUntil: 0,
      };
      accounts.set(account.key, account);
      latest = account;
      return account;
    },
    close({ key }) {
      accounts.delete(key);
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
