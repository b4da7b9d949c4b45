import ccxt from 'ccxt';
import type { CcxtExchange } from '../../../../adapters/ccxt/index.ts';
import { Clock } from './clock.ts';
import type { Account, Server } from './server.ts';
import type { Kind } from './venue/instruments.ts';
import { PLAIN_VENUE } from './venue/order.ts';
import { Venue } from './venue/venue.ts';

type Ccxt = InstanceType<typeof ccxt.binance>;
/** A real ccxt client that speaks to an account of the venue on this machine. */
export type Client = Ccxt & CcxtExchange;

const CLASSES = {
  spot: ccxt.binance,
  margin: ccxt.binance,
  usdm: ccxt.binanceusdm,
  hedge: ccxt.binanceusdm,
  coinm: ccxt.binancecoinm,
  bybit: ccxt.bybit,
} as const;
const MARKETS: Readonly<Record<Kind, string>> = {
  spot: 'spot',
  margin: 'spot',
  usdm: 'linear',
  hedge: 'linear',
  coinm: 'inverse',
  bybit: 'linear',
};

/** Clients by kind of account: making one is dear, so they are used again once nothing is left on them. */
export class Clients {
  readonly #server: Server;
  readonly #idle = new Map<Kind, Client[]>();
  readonly #templates = new Map<Kind, Client>();

  constructor(server: Server) {
    this.#server = server;
  }

  /** A client for an account, as new; its clock is the venue's, and its client order ids are counted. */
  async take(kind: Kind, account: Account): Promise<Client> {
    const client = this.#idle.get(kind)?.pop() ?? (await this.#make(kind));
    let ids = 0;
    client.apiKey = account.key;
    client.milliseconds = () => account.clock.now;
    client.fetch = (...request) => {
      if (request[1] !== 'GET') account.writes += 1;
      return account.clock.during(Object.getPrototypeOf(client).fetch.apply(client, request));
    };
    client.uuid22 = () => {
      ids += 1;
      return `${account.venue.orders.length}-${ids}`.padStart(22, '0');
    };
    return client;
  }

  /** Gives a client back that nothing is wrapped on. */
  give(kind: Kind, client: Client): void {
    this.#idle.set(kind, [...(this.#idle.get(kind) ?? []), client]);
  }

  async #make(kind: Kind): Promise<Client> {
    const client = this.#bare(kind);
    let template = this.#templates.get(kind);
    if (!template) {
      template = this.#bare(kind);
      const account = this.#server.open(new Venue({ ...PLAIN_VENUE, kind }, new Clock(0)));
      await template.loadMarkets();
      this.#server.close(account);
      this.#templates.set(kind, template);
    }
    client.setMarkets(template.markets as never, template.currencies as never);
    // What ccxt puts on a client at its first request is on it from the start.
    await client.loadFetchImplementation();
    return client;
  }

  #bare(kind: Kind): Client {
    const client = new CLASSES[kind]({
      apiKey: 'key',
      secret: 'secret',
      enableRateLimit: false,
      options: {
        fetchMarkets: { types: [MARKETS[kind]] },
        fetchCurrencies: false,
        fetchMargins: false,
        leverageBrackets: {},
        enableUnifiedMargin: false,
        enableUnifiedAccount: true,
      },
    }) as unknown as Client;
    client.has.fetchCurrencies = false;
    client.urls.api = moved(client.urls.api, this.#server.base) as never;
    return client;
  }
}

/** Every address of an exchange, moved to another host. */
function moved(urls: unknown, base: string): unknown {
  if (typeof urls === 'string') return urls.replace(/^https?:\/\/[^/]+/, base);
  if (urls === null || typeof urls !== 'object') return urls;
  return Object.fromEntries(Object.entries(urls).map(([key, value]) => [key, moved(value, base)]));
}
