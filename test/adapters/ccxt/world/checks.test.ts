import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PLAIN_STYLE, type Program, type Step } from './bots/program.ts';
import { type Client, Clients } from './clients.ts';
import { type Attach, realAttach } from './overlays.ts';
import { type Server, startServer } from './server.ts';
import { PLAIN_VENUE, type VenueSettings } from './venue/order.ts';
import { tryProgram } from './world.ts';

type Method = (...args: unknown[]) => Promise<unknown>;

let server: Server;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

const where = { on: 0, who: 0 } as const;
const ENTER: Step = { ...where, do: 'enter', side: 'long', by: 'market', lots: 25, attach: false };
const RISE: Step = { ...where, do: 'move', by: 0.03 };
const LEAVE: Step = { ...where, do: 'exit', by: 'market', share: 1 };
/** A bot by the minute that comes and goes, at a venue that says everything. */
const venue: VenueSettings = { ...PLAIN_VENUE, kind: 'usdm' };
const PROGRAM: Program = {
  venue,
  style: PLAIN_STYLE,
  steps: [ENTER, RISE, LEAVE, ENTER, RISE, LEAVE],
  vetoes: 0b110,
};

/** Names of the checks that fail for a bot behind an overlay. */
async function failing(attach: Attach, program = PROGRAM): Promise<readonly string[]> {
  const { findings } = await tryProgram(program, { server, clients: new Clients(server), attach });
  return [...new Set(findings.map(({ check }) => check))];
}

/** An overlay that does its work behind a fault: a method of the client that does something else. */
const withFault =
  (name: string, fault: (original: Method, client: Client, args: unknown[]) => Promise<unknown>): Attach =>
  (client, options) => {
    const methods = client as unknown as Record<string, Method>;
    const own = Object.getOwnPropertyDescriptor(client, name);
    const detach = realAttach(client, options);
    const wrapped = methods[name]!.bind(client);
    methods[name] = (...args) => fault(wrapped, client as Client, args);
    const off = () => {
      detach();
      if (own) Object.defineProperty(client, name, own);
      else delete methods[name];
    };
    return Object.assign(off, { state: detach.state, settled: detach.settled });
  };

const isExit = ([, , side]: unknown[]): boolean => side === 'sell';

describe('what the loopback world finds', () => {
  it('is nothing where nothing is wrong', async () => {
    expect(await failing(realAttach)).toEqual([]);
  });

  const faults: Readonly<Record<string, readonly [string, Attach]>> = {
    'an exit that is sent in part': [
      'exit-short',
      withFault('createOrder', (send, _, args) => send(...(isExit(args) ? args.with(3, 0.1) : args))),
    ],
    'an exit that waits for a question': [
      'exit-delayed',
      withFault('createOrder', async (send, client, args) => {
        await client.fetchPositions([String(args[0])]);
        return send(...args);
      }),
    ],
    'an exit that is vetoed': [
      'exit-vetoed',
      withFault('createOrder', async (send, _, args) => {
        if (isExit(args)) throw new Error('edgekeeper blocked it');
        return send(...args);
      }),
    ],
    'an exit that is swallowed': [
      'exit-unsent',
      withFault('createOrder', async (send, _, args) => (isExit(args) ? {} : send(...args))),
    ],
    'a veto of another class': [
      'veto-class',
      withFault('createOrder', async () => {
        throw new Error('edgekeeper blocked it');
      }),
    ],
    'an error of the overlay itself': [
      'throws',
      withFault('createOrder', async (send, _, args) => {
        await send(...args);
        throw new TypeError('undefined is not a function');
      }),
    ],
    'an answer that is another': [
      'outcomes',
      withFault('createOrder', async (send, _, args) => ({
        ...((await send(...args)) as object),
        filled: 0,
      })),
    ],
    'an order that is not the same': [
      'neutral-orders',
      withFault('createOrder', (send, _, args) =>
        send(...args.with(5, { ...(args[5] as object), tag: 'ours' })),
      ),
    ],
    'a request while it is off': [
      'off-requests',
      withFault('createOrder', async (send, client, args) => {
        const answer = await send(...args);
        await client.fetchPositions([]);
        return answer;
      }),
    ],
    'something wrapped while it is off': [
      'off-wrapped',
      withFault('fetchTicker', (send, _, args) => send(...args)),
    ],
    'something left on the client': [
      'leftovers',
      (client, options) => {
        const detach = realAttach(client, options);
        (client as unknown as Record<string, unknown>).watchNothing = () => undefined;
        return detach;
      },
    ],
    'an error that escapes': [
      'escaped',
      withFault('createOrder', (send, _, args) => {
        void Promise.reject(new Error('nobody listens'));
        return send(...args);
      }),
    ],
    'a failure inside the adapter': [
      'adapter-failed',
      (client, options) => {
        options.engine.countError('ADAPTER_FAILED', new Error('it broke'));
        return realAttach(client, options);
      },
    ],
    'positions that are not recorded': [
      'sum-gross',
      () =>
        Object.assign(() => undefined, { state: () => undefined as never, settled: async () => undefined }),
    ],
    'fees that nobody charged': ['sum-fees', recordingAlso({ entryPrice: 1000, exitPrice: 1000, fees: 5 })],
    'funding that nobody paid': [
      'sum-funding',
      recordingAlso({ entryPrice: 1000, exitPrice: 1000, fees: 0, funding: 5 }),
    ],
    'a trade at a price that nothing filled at': [
      'unbacked',
      recordingAlso({ entryPrice: 999, exitPrice: 1000, fees: 0 }),
    ],
    'a trade that is recorded twice': [
      'unbacked',
      recordingAlso({ entryPrice: 1000, exitPrice: 1030, fees: 0 }),
    ],
  };
  for (const [what, [check, attach]] of Object.entries(faults))
    it(`is ${what}`, async () => {
      expect(await failing(attach)).toContain(check);
    });
});

/** An overlay that records one trade too many. */
function recordingAlso(wrong: {
  entryPrice: number;
  exitPrice: number;
  fees: number;
  funding?: number;
}): Attach {
  return (client, options) => {
    const detach = realAttach(client, options);
    const record = () =>
      options.engine.recordTrade({
        id: 'wrong',
        strategy: options.strategy,
        symbol: 'BTC/USDT:USDT',
        side: 'long',
        entryTime: client.milliseconds(),
        exitTime: client.milliseconds(),
        size: 0.5,
        pnl: 0.5 * (wrong.exitPrice - wrong.entryPrice) - wrong.fees + (wrong.funding ?? 0),
        ...wrong,
      });
    const settled = async () => {
      await detach.settled();
      record();
    };
    return Object.assign(() => detach(), { state: detach.state, settled });
  };
}
