import type { Alert } from './alerts.ts';
import type { BotState } from './overview.ts';

/** What only those see who look at a bot from outside. @param fault what of its record is damaged, if anything is */
export function outsideAlerts({ state, heardAt }: BotState, fault: string | null, now: number): Alert[] {
  const alerts: Alert[] = [];
  if (state === 'silent') {
    const minutes = Math.max(1, Math.round((now - (heardAt ?? now)) / 60_000));
    alerts.push({
      level: 'critical',
      code: 'BOT_SILENT',
      about: 'bot',
      message: `the bot has said nothing for ${minutes} min and did not say that it ended: look at its process and at the room on its disk`,
    });
  }
  if (fault !== null) {
    alerts.push({
      level: 'critical',
      code: 'RECORD_DAMAGED',
      about: 'record',
      message: `the record is damaged: ${fault}; \`edgekeeper recover\` says what can be read of it`,
    });
  }
  return alerts;
}
