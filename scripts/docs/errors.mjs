import { ALERTS, COUNTED, ERRORS, UNJUDGED } from './error-texts.mjs';
import { code, table } from './table.mjs';

const HEAD = ['code', 'what it means', 'what to do'];

/** @param {readonly import('./error-texts.mjs').Entry[]} entries */
const entries = (entries) =>
  table(
    HEAD,
    entries.map(([name, means, remedy]) => [code(name), means, remedy]),
  );

/** Every code that a user can meet but those of decisions, as a page. */
export const errorsPage =
  () => `<!-- Made by \`npm run docs\` from scripts/docs/error-texts.mjs: change it there. -->

# Codes

Codes are stable: scripts and alerts may match on them. Why a decision is what it is has codes of its own: [reasons.md](reasons.md).

## Errors

An error has a code and three parts: what was found, what was expected, and what to do next. In code it is an
\`EdgekeeperError\` with \`code\`, \`found\`, \`expected\` and \`hint\`. The command line prints the same, as JSON with \`--json\`, and ends with 1
(with 2 for a command line that is none). Where an error says that nothing was changed, nothing was.

\`decide\` never throws, and an adapter lets no error of ours reach the bot: what fails around an order is counted, and the order goes out.

${ERRORS.map(([title, of]) => `### ${title}\n\n${entries(of)}`).join('\n\n')}

## Counted failures

They stop nothing. \`edgekeeper status\` and \`engine.getOptimizationStatus().errors\` count them, the log has the first of each kind with its text, and the
alert \`OVERLAY_ERRORS\` names them. Errors of the tables above that come up inside a bot are counted in the same way.

${entries(COUNTED)}

## Alerts

What a person should know now, at the end of \`edgekeeper status\`, most severe first.

${entries(ALERTS)}

## Entries that are not judged

An order on which there is any doubt goes out as the bot made it, and is counted under one of these.

${entries(UNJUDGED)}
`;
