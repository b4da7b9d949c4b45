import type { AlertNews } from '../../monitor/alert-book.ts';
import type { Overview } from '../../monitor/overview.ts';
import type { Message } from './sinks.ts';

const WORDS = { raised: '', worse: 'worse: ', reminder: 'still: ', cleared: 'over: ' } as const;

/** What is told of an alert; its text says what to do next. */
export function messageOf(name: string, { what, alert }: AlertNews): Message {
  const { level, code, about, message, since } = alert;
  return {
    subject: `[edgekeeper ${name}] ${WORDS[what]}${level} ${code}`,
    text: message,
    details: { what, level, code, about, since: new Date(since).toISOString() },
  };
}

/** The last day in a few lines. */
export function digestOf(name: string, overview: Overview): Message {
  const { healthy, helping, hand, lastDay } = overview;
  const { signals, sent, reduced, blocked, changes } = lastDay;
  const drawdown =
    healthy.drawdown === null ? 'no equity feed' : `drawdown ${(100 * healthy.drawdown).toFixed(1)}%`;
  const lines = [
    `Healthy? ${healthy.active} active, ${healthy.degraded} degraded, ${healthy.suspended} suspended, ${healthy.retired} retired; ${drawdown}.`,
    `Helping? ${helping.sentence}`,
    `Last day: ${signals} signals: ${sent} sent whole, ${reduced} reduced, ${blocked} blocked.`,
    ...changes.slice(-10).map(({ strategy, what, from, to }) => `  ${strategy} ${what} ${from} -> ${to}`),
    hand.length === 0 ? 'Nothing needs a hand.' : 'What needs a hand:',
    ...hand.map(({ level, message }) => `  ${level}: ${message}`),
  ];
  return { subject: `[edgekeeper ${name}] the last day`, text: lines.join('\n'), details: { overview } };
}
