import type { Coverage, UnjudgedReason } from '../model/coverage.ts';

/** What an operator can do about entries that cannot be judged. */
const REMEDIES: Readonly<Record<UnjudgedReason, string>> = {
  POSITION_UNKNOWN: 'let the bot read its positions or balance now and then',
  FILL_UNKNOWN:
    'let the bot read its orders until they are filled or cancelled; while orders rest on both sides of a contract nobody knows which fills first',
  ACCOUNT_UNCLEAR: 'trade on an account that is plainly spot, or plainly derivatives',
  PARAMETER_UNKNOWN: 'leave out order parameters that the adapter does not know',
  MARKET_UNKNOWN: 'load the markets before the first order',
  ORDER_UNREADABLE: 'give side and amount as the host documents them',
  NAME_LIMIT:
    'name strategies and symbols by what they are, not anew for each order, or raise maxStrategies or maxSymbols',
};

/** `POSITION_UNKNOWN` as people say it. */
export const reasonWords = (reason: UnjudgedReason): string => reason.toLowerCase().replaceAll('_', ' ');

const countOf = ({ unjudged }: Coverage): number =>
  Object.values(unjudged).reduce((sum, count) => sum + count, 0);

/** Reasons with their counts, most frequent first. */
const byCount = ({ unjudged }: Coverage): [UnjudgedReason, number][] =>
  (Object.entries(unjudged) as [UnjudgedReason, number][]).sort(([, a], [, b]) => b - a);

/** What was not seen, in a line for the entries and one for the exits; none where nothing is missing. */
export function coverageLines(coverage: Coverage): string[] {
  const lines: string[] = [];
  const missed = countOf(coverage);
  if (missed > 0) {
    const reasons = byCount(coverage).map(([reason, count]) => `${reasonWords(reason)} (${count})`);
    lines.push(`${missed} of ${coverage.judged + missed} entries could not be judged: ${reasons.join(', ')}`);
  }
  const { closed, unknownExits } = coverage;
  if (unknownExits > 0)
    lines.push(`${unknownExits} of ${closed + unknownExits} positions have no known exit`);
  return lines;
}

/** What to do about the reason that most entries were not judged for. */
export function coverageRemedy(coverage: Coverage): string {
  const [most] = byCount(coverage);
  return most === undefined ? '' : `most often ${reasonWords(most[0])}: ${REMEDIES[most[0]]}`;
}
