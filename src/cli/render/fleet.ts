import type { FleetView } from '../../fleet/overview.ts';
import { printableValue } from '../../model/printable.ts';
import { count } from './sentences.ts';
import { fixed, minute, percent, signed, table } from './table.ts';

/** Bots that a screen has room for, unless all are asked for. */
const FEW = 12;

/** The whole fleet on a screen: is it healthy, is it helping, who has not answered; then bots and strategies. */
export function renderFleet(given: FleetView, all = false): string {
  const view = printableValue(given);
  const { bots, connected, off, claim, strategies, movers, orders, behind } = view;
  const waiting = bots.filter(({ pending }) => pending.length > 0);
  const refused = bots.filter((bot) => bot.refused.length > 0);
  const money = view.equity.toFixed(2);
  const shown = all ? bots : mostWanted(bots).slice(0, FEW);
  return [
    `FLEET ${view.fleet}  ${connected} of ${count(bots.length, 'bot')} connected${off === 0 ? '' : `, ${off} OFF`}; ${minute(view.time)} UTC`,
    '',
    `Is it healthy?      equity ${money}, ${signed(view.profit)} since they joined; drawdown ${percent(view.drawdown)} (guard ${fixed(view.guard)})`,
    `                    ${behind === null ? 'the stream cannot be asked' : `${count(behind, 'message')} not learned from yet`}${view.missing === 0 ? '' : `, ${count(view.missing, 'event')} missing`}${view.unread === 0 ? '' : `, ${view.unread} unread`}${view.ahead === 0 ? '' : `, ${view.ahead} from clocks that are ahead`}`,
    `Is it helping?      ${claim.interval === null || claim.effect === null ? `${claim.verdict}, over ${count(claim.n, 'outcome')}: ${claim.because}` : `${signed(claim.effect)} R (${signed(claim.interval[0])} .. ${signed(claim.interval[1])}), ${claim.verdict}, n ${claim.n}`}`,
    `Who falls?          ${movers.length === 0 ? 'nobody' : movers.map(({ bot, drawdown }) => `${bot} ${percent(drawdown)}`).join(', ')}`,
    `Orders              ${orders.length === 0 ? 'none' : orders.map(({ key }) => key).join(', ')}`,
    ...(waiting.length === 0
      ? []
      : [
          `  not yet carried out by ${waiting
            .slice(0, FEW)
            .map(({ bot, isConnected }) => (isConnected ? bot : `${bot} (away)`))
            .join(', ')}${waiting.length > FEW ? ` and ${waiting.length - FEW} more` : ''}`,
        ]),
    ...refused.flatMap(({ bot, refused: each }) =>
      each.map(({ key, error }) => `  refused by ${bot}: ${key}: ${error}`),
    ),
    '',
    table(
      ['bot', 'is', 'last word (UTC)', 'equity', 'drawdown', 'outcomes', 'mean R'],
      shown.map((bot) => [
        bot.bot,
        `${bot.isConnected ? '' : 'away, '}${bot.enabled ? (bot.mode === 'observe' ? 'observing' : 'acting') : 'OFF'}`,
        bot.heardAt === 0 ? '-' : minute(bot.heardAt),
        bot.equity === null ? '-' : bot.equity.toFixed(2),
        percent(bot.drawdown),
        String(bot.outcomes),
        signed(bot.meanR),
      ]),
    ),
    ...(shown.length < bots.length ? [`${bots.length - shown.length} more: --all`] : []),
    '',
    table(
      ['strategy', 'bots', 'outcomes', 'mean R', 'bots begin with', 'spread', 'days'],
      strategies.map(({ strategy, bots: n, outcomes, meanR, prior }) => [
        strategy,
        String(n),
        String(outcomes),
        signed(meanR),
        prior === null ? 'too little is known' : `theta ${signed(prior.mean)} ± ${fixed(prior.deviation)}`,
        prior === null ? '-' : fixed(prior.spread),
        prior === null ? '-' : fixed(prior.days, 0),
      ]),
    ),
  ].join('\n');
}

/** Those that are away, off, or have fallen furthest come first. */
const mostWanted = (bots: FleetView['bots']): FleetView['bots'] =>
  [...bots].sort(
    (a, b) =>
      Number(a.isConnected) - Number(b.isConnected) ||
      Number(a.enabled) - Number(b.enabled) ||
      (b.drawdown ?? 0) - (a.drawdown ?? 0) ||
      (a.bot < b.bot ? -1 : 1),
  );
