import type { AlertSettings, ServerSettings } from '../config/rooms.ts';
import type { Log } from '../model/ports.ts';
import { version } from '../node/version.ts';
import { AlertSender } from './alerts/sender.ts';
import { serve } from './serve.ts';
import { Watch } from './watch.ts';

export interface RoomOptions {
  readonly stateDir: string;
  /** Null: nothing is served, and alerts alone are sent. */
  readonly settings: ServerSettings | null;
  readonly alerts: AlertSettings | null;
  readonly log: Log;
}

export interface Room {
  readonly url: string;
  readonly tokenPlace: string;
  close(): Promise<void>;
}

/** Opens the operator's room on a state directory: what is served, and who is told of alerts. It touches no bot. */
export async function openRoom({ stateDir, settings, alerts, log }: RoomOptions): Promise<Room> {
  const sender = alerts === null ? null : await AlertSender.of(alerts, log);
  const watch: Watch = new Watch(stateDir, sender && ((news) => sender.tell(watch.name, news)));
  await watch.start();
  sender?.digestDaily(watch);
  const served =
    settings === null
      ? null
      : await serve({ watch, settings, log, version: version() }).catch(async (error) => {
          await watch.close();
          throw error;
        });
  return {
    url: served?.url ?? '',
    tokenPlace: served?.tokenPlace ?? '',
    async close() {
      await served?.close();
      await watch.close();
      await sender?.close();
    },
  };
}
