import { join } from 'node:path';
import type { Command } from 'commander';
import { parseConfig } from '../config/schema.ts';
import { calibrationReport } from '../effect/calibration.ts';
import { effectStatement } from '../effect/statement.ts';
import type { JournalLine } from '../journal/codec/line.ts';
import { findDecision } from '../journal/find-decision.ts';
import { Missing } from '../journal/missing.ts';
import { readWhole } from '../journal/reader.ts';
import { readLedger } from '../journal/record.ts';
import { JOURNAL_DIR } from '../journal/segment.ts';
import { EdgekeeperError } from '../model/errors.ts';
import { explain } from '../monitor/explanation.ts';
import { jsonText } from '../monitor/json.ts';
import { statementOptions } from '../monitor/report.ts';
import { loadConfigFile } from '../node/config-file.ts';
import { PolicyReplay } from '../replay/diff.ts';
import { addToMoments, emptyMoments, sampleVariance } from '../statistics/moments.ts';
import { luckySharpe, probabilisticSharpe } from '../statistics/sharpe-test.ts';
import { jsonOption, type StateFlags, stateDirOption } from './options.ts';
import { rememberTrials, trialKey } from './policy-trials.ts';
import { withProgress } from './progress.ts';
import { renderDiff, renderEffect, renderExplanation } from './render/evidence.ts';
import { demandState, readableEngine, savedEngine, tellingDamage } from './saved.ts';
import { SUMMARIES } from './summaries.ts';
import type { CliWorld } from './world.ts';

/** What choosing among several configurations does to a Sharpe ratio. */
export interface Deflation {
  /** Configurations tried on this record, the running one included. */
  readonly tried: number;
  /** Sharpe ratio per signal that the best of so many is expected to show by luck alone. */
  readonly luck: number;
  /** Probability in [0,1] that the other configuration is better than luck; null where its Sharpe ratio does not exist. */
  readonly deflatedSharpe: number | null;
}

/** Adds the commands that prove and explain what the overlay does. */
export function addEvidenceCommands(cli: Command, world: CliWorld): void {
  const print = (value: unknown) => world.out(`${jsonText(value)}\n`);

  cli
    .command('effect')
    .description(SUMMARIES.effect.does)
    .addOption(stateDirOption())
    .addOption(jsonOption())
    .action(async ({ stateDir, json }: StateFlags) => {
      const engine = await readableEngine(stateDir, world);
      const ledger = await withProgress(world.terminal, json === true, (onProgress) =>
        readLedger(stateDir, onProgress, tellingDamage(world)),
      );
      if (ledger.outcomes.length === 0) {
        throw new EdgekeeperError('RECORD_EMPTY', {
          found: `no signal in ${stateDir} whose outcome is known`,
          expected: 'closed trades with their decisions, or signals that were followed',
          hint: 'Let the bot run until it has closed a trade; `edgekeeper status` shows what it did so far.',
        });
      }
      const effect = effectStatement(ledger, statementOptions(engine));
      const calibration = calibrationReport(ledger.outcomes);
      if (json) print({ effect, calibration });
      else world.out(`${renderEffect(effect, calibration)}\n`);
    });

  cli
    .command('why')
    .description(SUMMARIES.why.does)
    .argument('[decision]', 'id of a decision, such as d42')
    .option('--last', 'the latest decision')
    .option('--strategy <name>', 'with --last: the latest decision on this strategy')
    .addOption(stateDirOption())
    .addOption(jsonOption())
    .action(async (id: string | undefined, flags: StateFlags & { last?: boolean; strategy?: string }) => {
      const { stateDir, json, last, strategy } = flags;
      if ((id === undefined) === (last !== true) || (strategy !== undefined && !last)) {
        throw new EdgekeeperError('OPTION_INVALID', {
          found:
            id === undefined
              ? 'neither a decision nor --last'
              : `${id} with ${last ? '--last' : '--strategy'}`,
          expected: 'either the id of a decision or --last',
          hint: 'Write `edgekeeper why d42`, or `edgekeeper why --last --strategy EMA_Trend`.',
        });
      }
      await demandState(stateDir);
      const { decision, trades, shadow } = await findDecision(
        stateDir,
        id === undefined ? { strategy: strategy ?? null } : { id },
        tellingDamage(world),
      );
      const sizes = trades.flatMap(({ size }) => (size === null ? [] : [size]));
      const filled = sizes.length > 0 ? sizes.reduce((sum, size) => sum + size, 0) : null;
      const explanation = explain(decision, filled);
      // Of a state that is damaged, which was said above, no fleet is known.
      const engine = decision.edge === null ? null : await savedEngine(stateDir).catch(() => null);
      const prior = new Map(engine?.edge.getPriors()).get(decision.strategy) ?? null;
      if (json) print({ ...explanation, fleetPrior: prior, trades, shadow });
      else world.out(`${renderExplanation(explanation, prior, trades, shadow)}\n`);
    });

  cli
    .command('diff')
    .description(SUMMARIES.diff.does)
    .requiredOption('--config <file>', 'the other configuration')
    .addOption(stateDirOption())
    .addOption(jsonOption())
    .action(async ({ stateDir, json, config: file }: StateFlags & { config: string }) => {
      const { options: running } = await savedEngine(stateDir);
      const options = await loadConfigFile(file);
      // Regimes are detected on the candles that were recorded.
      const { timeframe } = parseConfig(running);
      const other = { ...options, timeframe: options.timeframe ?? timeframe };
      const replay = new PolicyReplay(other);
      let first: number | null = null;
      const missing = new Missing();
      const onLine = (line: JournalLine) => {
        const { seq, event, effects } = line;
        missing.take(line);
        first ??= event.type === 'lost' ? event.from : seq;
        if (first === 1 && event.type !== 'lost') replay.take(event, effects);
      };
      const end = await withProgress(world.terminal, json === true, (onProgress) =>
        readWhole(join(stateDir, JOURNAL_DIR), onLine, onProgress),
      );
      missing.end(end);
      if (first !== null && first !== 1) {
        throw new EdgekeeperError('RECORD_INCOMPLETE', {
          found: `a journal that starts at event ${first}: the earlier ones were compacted away`,
          expected: 'the whole journal, for the other configuration must learn from the start, too',
          hint: 'Restore the dropped segments from a backup, or compare on a state directory that was not compacted.',
        });
      }
      const diff = replay.result();
      if (diff.signals === 0) {
        throw new EdgekeeperError('RECORD_EMPTY', {
          found: `no decision in the journal of ${stateDir}`,
          expected: 'a record to compare on',
          hint: 'Let the bot run first, or run `edgekeeper paper`.',
        });
      }
      const trials = await rememberTrials(stateDir, {
        [trialKey(running)]: { sharpe: diff.asRun.sharpe?.sharpe ?? null },
        [trialKey(other)]: { sharpe: diff.other.sharpe?.sharpe ?? null },
      });
      const sharpes = emptyMoments();
      for (const { sharpe } of Object.values(trials)) if (sharpe !== null) addToMoments(sharpes, sharpe);
      const tried = Object.keys(trials).length;
      const luck = luckySharpe(tried, sampleVariance(sharpes) ?? 0);
      const deflation: Deflation = {
        tried,
        luck,
        deflatedSharpe: diff.other.sharpe && probabilisticSharpe(diff.other.sharpe, luck),
      };
      if (json) print({ ...diff, deflation, missing: missing.texts });
      else world.out(`${renderDiff(diff, deflation, file)}\n${missing.text}`);
    });
}
