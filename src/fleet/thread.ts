import { parentPort } from 'node:worker_threads';
import { printable } from '../model/printable.ts';
import type { FleetNews, FleetRequest } from '../node/fleet-link.ts';
import { Member } from './member.ts';

/** The thread in which all bots of a process take part in their fleets. */
const port = parentPort!;
const members = new Map<number, Member>();

port.on('message', (request: FleetRequest) => {
  const { member } = request;
  const tell = (news: FleetNews) => port.postMessage(news);
  if (request.type === 'leave') {
    const leaving = members.get(member);
    members.delete(member);
    void (leaving?.close() ?? Promise.resolve())
      .catch(() => undefined)
      .then(() => tell({ member, type: 'left' }));
    return;
  }
  const write = (level: 'info' | 'warn' | 'error') => (text: string) =>
    tell({ member, type: 'log', level, text: printable(text) });
  const { stateDir, settings } = request;
  const joining = new Member({
    stateDir,
    settings,
    log: { info: write('info'), warn: write('warn'), error: write('error') },
    onReady: () => tell({ member, type: 'ready' }),
    onOrder: (isPanic) => tell({ member, type: 'ordered', isPanic }),
    onRefused: ({ code, message }) => tell({ member, type: 'refused', code, message: printable(message) }),
  });
  members.set(member, joining);
  joining.start();
});
