import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import type { FakeCandle } from './host.ts';

/** Points Debut's Binance client at a loopback venue, from `node -r`: its transport names no base URL. */
export const PRELOAD = `
  const Module = require('node:module');
  const load = Module._load;
  const host = '127.0.0.1:' + process.env.VENUE_PORT;
  Module._load = function (request, ...rest) {
    const loaded = load.call(this, request, ...rest);
    if (request !== 'binance-api-node') return loaded;
    const client = (options) =>
      loaded.default({ ...options, httpBase: 'http://' + host, wsBase: 'ws://' + host + '/ws' });
    return new Proxy(loaded, { get: (target, key) => (key === 'default' ? client : target[key]) });
  };
`;

interface Socket {
  on(event: 'close', heard: () => void): void;
  send(text: string): void;
}

/** A Binance for Debut's own transport: one instrument, and candles of an hour by websocket. */
export interface Loopback {
  readonly port: number;
  /** Candles sent by now, and orders that it was asked for. */
  readonly sent: number;
  readonly orders: number;
  close(): void;
}

const INSTRUMENTS = {
  symbols: [{ symbol: 'BTCUSDT', filters: [{ filterType: 'LOT_SIZE', minQty: '0.00001000' }] }],
};

export async function startLoopback(core: string, candles: readonly FakeCandle[]): Promise<Loopback> {
  let sent = 0;
  let orders = 0;
  const server = createServer((request, response) => {
    const isKnown = request.url?.startsWith('/api/v3/exchangeInfo');
    if (request.url?.startsWith('/api/v3/order')) orders += 1;
    response.writeHead(isKnown ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(isKnown ? INSTRUMENTS : { code: -1, msg: request.url }));
  });
  /** Four ticks a candle; who connects later goes on where the others were. */
  async function stream(socket: Socket): Promise<void> {
    let isOpen = true;
    socket.on('close', () => {
      isOpen = false;
    });
    while (isOpen && sent < candles.length) {
      const { time, o, h, l, c, v } = candles[sent]!;
      for (const price of [o, h, l, c]) {
        const k = { t: time, T: time + 3_599_999, s: 'BTCUSDT', i: '1h', o, h, l, c: price, v };
        socket.send(JSON.stringify({ e: 'kline', E: time, s: 'BTCUSDT', k }));
      }
      sent += 1;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
  const { Server } = createRequire(`${core}/package.json`)('ws');
  const sockets = new Server({ server }).on('connection', stream);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    get sent() {
      return sent;
    },
    get orders() {
      return orders;
    },
    close() {
      sockets.close();
      server.close();
    },
  };
}
