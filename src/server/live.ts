import type { Context } from 'hono';
import { streamSSE } from 'hono/streaming';
import { Refusal } from './refusal.ts';
import type { Watch } from './watch.ts';

/** Connections that are served at once, at most. */
const MOST = 100;
/** A line that says nothing, so that nobody in between takes the connection for dead, in ms. */
const HEARTBEAT = 15_000;

/**
 * Tells those who are connected that something changed; what it is they ask for. Whoever reads slowly is told once of all
 * that happened meanwhile.
 */
export class Live {
  readonly #watch: Watch;
  #connected = 0;

  constructor(watch: Watch) {
    this.#watch = watch;
  }

  get connected(): number {
    return this.#connected;
  }

  handle(c: Context): Response {
    if (this.#connected >= MOST)
      throw new Refusal(503, `${MOST} connections`, 'fewer', 'Close a window that shows the dashboard.');
    this.#connected += 1;
    const watch = this.#watch;
    return streamSSE(c, async (stream) => {
      let wake: () => void = () => undefined;
      const stop = watch.subscribe(() => wake());
      let isOpen = true;
      stream.onAbort(() => {
        isOpen = false;
        wake();
      });
      try {
        for (let told = -1; isOpen; ) {
          const { version, seq, bot } = watch;
          if (version === told) await stream.write(': still here\n\n');
          else {
            told = version;
            await stream.writeSSE({
              event: 'change',
              id: String(seq),
              data: JSON.stringify({ seq, bot: bot.state }),
            });
          }
          if (watch.version !== told || !isOpen) continue;
          await new Promise<void>((resolve) => {
            const timer = setTimeout(resolve, HEARTBEAT);
            timer.unref();
            wake = () => {
              clearTimeout(timer);
              resolve();
            };
          });
        }
      } finally {
        stop();
        this.#connected -= 1;
      }
    });
  }
}
