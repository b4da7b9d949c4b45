import type { OptimizationEngine } from '../../engine/engine.ts';
import { printableValue } from '../../model/printable.ts';
import { OptimizationMonitor } from '../../monitor/monitor.ts';
import type { Overview } from '../../monitor/overview.ts';
import { wrapped } from './sentences.ts';
import { fixed, minute, percent, signed, table } from './table.ts';

const BOTS = { running: 'the bot runs', silent: 'the bot is SILENT', stopped: 'no bot runs' } as const;
/** Rows of each list that a screen has room for. */
const FEW = 6;

/** The overlay on one screen: is it healthy, is it helping, what needs a hand; then strategies and what was decided last. */
export function renderOverview(
  name: string,
  given: Overview | null,
  engine: OptimizationEngine | null,
  now: number,
): string {
  if (given === null || engine === null)
    return `EDGEKEEPER  ${name}\n\nNothing is known yet: no bot has written anything here. \`edgekeeper init\` shows the lines that put the overlay on a bot.`;
  const { bot, mode, flags, healthy, helping, hand, lastDay, waitingCommands, fault } = printableValue(given);
  const does = flags.enabled ? (mode === 'observe' ? 'observing' : 'acting') : 'OFF';
  const heard =
    bot.heardAt === null ? '' : `, heard of ${Math.max(0, Math.round((now - bot.heardAt) / 1000))} s ago`;
  const drawdown =
    healthy.drawdown === null
      ? 'no equity feed'
      : `drawdown ${percent(healthy.drawdown)} (guard ${fixed(healthy.guard)})`;
  const answer = (question: string, lines: readonly string[]) =>
    lines.map((line, i) => `${(i === 0 ? question : '').padEnd(20)}${line}`);
  const monitor = new OptimizationMonitor(engine);
  const { currentWeights, strategyHealth, strategies, recentDecisions } = printableValue(
    monitor.getDashboardData(now),
  );
  return [
    `EDGEKEEPER  ${name}  ${does}; ${BOTS[bot.state]}${heard}; ${minute(given.time)} UTC`,
    '',
    ...answer('Is it healthy?', [
      `${healthy.active} active, ${healthy.degraded} degraded, ${healthy.suspended} suspended, ${healthy.retired} retired; ${drawdown}`,
      `unjudged ${healthy.unjudged} of ${healthy.entries}, unbooked ${healthy.unbooked} of ${healthy.positions}`,
      ...(healthy.stopped ? ['HARD STOP: nothing is opened until `edgekeeper resume`'] : []),
      ...(waitingCommands > 0 ? [`${waitingCommands} commands wait for the bot's next start`] : []),
      ...(fault === null ? [] : [`the record is damaged: ${fault}`]),
    ]),
    ...answer('Is it helping?', [
      helping.interval === null || helping.effect === null
        ? `${helping.verdict}, over ${helping.n} outcomes`
        : `${signed(helping.effect)} R (${signed(helping.interval[0])} .. ${signed(helping.interval[1])}), ${helping.verdict}, n ${helping.n}`,
    ]),
    ...answer('What needs a hand?', hand.length === 0 ? ['nothing'] : [`${hand.length}:`]),
    ...hand
      .slice(0, FEW)
      .flatMap(({ level, message }) => wrapped(`${level}: ${message}`).map((line) => `  ${line}`)),
    '',
    `Last day: ${lastDay.signals} signals: ${lastDay.sent} sent whole, ${lastDay.reduced} reduced, ${lastDay.blocked} blocked`,
    '',
    table(
      ['strategy', 'status', 'weight', 'P(edge)', 'size'],
      strategies.map((strategy) => {
        const health = strategyHealth.details[strategy];
        return [
          strategy,
          health?.status ?? 'ACTIVE',
          fixed(currentWeights[strategy] ?? null),
          fixed(health?.probability ?? null),
          fixed(health?.share ?? null),
        ];
      }),
    ),
    '',
    ...recentDecisions
      .slice(-FEW)
      .reverse()
      .map(
        ({ time, strategy, symbol, intended, reasons }) =>
          `${minute(time)}  ${strategy} ${symbol} x${fixed(intended)} ${reasons.join(', ')}`,
      ),
  ].join('\n');
}
