import { parentPort, workerData } from 'node:worker_threads';
import { printable } from '../model/printable.ts';
import type { AttendantMessage, AttendantOptions } from '../node/attendant.ts';
import { openRoom } from './room.ts';

/** The thread that serves and alerts beside a bot. */
const port = parentPort!;
const tell = (message: AttendantMessage): void => port.postMessage(message);
const write =
  (level: 'info' | 'warn' | 'error') =>
  (text: string, fields: object = {}) =>
    tell({ type: 'log', level, text, fields });
const log = { info: write('info'), warn: write('warn'), error: write('error') };

const { stateDir, server, alerts } = workerData as Omit<AttendantOptions, 'log'>;
try {
  const room = await openRoom({ stateDir, settings: server, alerts, log });
  tell({ type: 'open', url: room.url, tokenPlace: room.tokenPlace });
  port.once('message', () => {
    void room.close().finally(() => port.close());
  });
} catch (error) {
  tell({ type: 'failed', text: printable((error as Error).message) });
}
