import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { calibrationReport } from '../effect/calibration.ts';
import { effectStatement } from '../effect/statement.ts';
import { writeAtomically } from '../journal/atomic-file.ts';
import { unwritable } from '../journal/directory.ts';
import { asFarAsReadable, readWhole } from '../journal/reader.ts';
import { readLedger } from '../journal/record.ts';
import { JOURNAL_DIR } from '../journal/segment.ts';
import { LowdbStateStore } from '../journal/state-store.ts';
import { EdgekeeperError } from '../model/errors.ts';
import { printable } from '../model/printable.ts';
import { examine } from '../monitor/doctor.ts';
import { jsonText } from '../monitor/json.ts';
import { OptimizationMonitor } from '../monitor/monitor.ts';
import { overlayReport, statementOptions } from '../monitor/report.ts';
import { verdictOf } from '../monitor/verdict.ts';
import { waitingCommands } from '../node/inbox.ts';
import type { PaperReport } from '../paper/report.ts';
import { ReportCollector } from '../report/collector.ts';
import { reportPage } from '../report/page.ts';
import { pageData } from '../report/page-data.ts';
import { jsonOption, stateDirOption } from './options.ts';
import { REPORT_FILE } from './paper.ts';
import { withProgress } from './progress.ts';
import { renderFindings } from './render/doctor.ts';
import { renderEffect } from './render/evidence.ts';
import { renderOverlay, renderPaper, renderStatus } from './render/paper.ts';
import { readableEngine, tellingDamage } from './saved.ts';
import { SUMMARIES } from './summaries.ts';
import type { CliWorld } from './world.ts';

interface ReportFlags {
  readonly stateDir: string;
  readonly json?: boolean;
  readonly html?: string;
}

/** Writes what a state directory says as a page. Throws what reading it does, and `STATE_UNWRITABLE`. */
async function writePage(stateDir: string, file: string, world: CliWorld): Promise<void> {
  const engine = await readableEngine(stateDir, world);
  const collector = new ReportCollector(engine.config.timeframe);
  await withProgress(world.terminal, false, (onProgress) =>
    asFarAsReadable(
      readWhole(join(stateDir, JOURNAL_DIR), (line) => collector.take(line), onProgress),
      tellingDamage(world),
    ),
  );
  const { ledger } = collector;
  const effect = effectStatement(ledger, statementOptions(engine));
  const title = `Edgekeeper: ${stateDir}`;
  const page = await reportPage(
    pageData({
      title,
      engine,
      collector,
      report: overlayReport(engine),
      effect,
      calibration: calibrationReport(ledger.outcomes),
      sentence: verdictOf(effect),
    }),
  );
  await writeAtomically(file, page).catch((cause) => {
    throw unwritable(file, cause);
  });
}

/** Adds the commands that say what the overlay knows now. */
export function addReportCommands(cli: Command, world: CliWorld): void {
  cli
    .command('status')
    .description(SUMMARIES.status.does)
    .addOption(stateDirOption())
    .addOption(jsonOption())
    .action(async ({ stateDir, json: asJson }: { stateDir: string; json?: boolean }) => {
      const engine = await readableEngine(stateDir, world);
      const data = new OptimizationMonitor(engine).getDashboardData();
      const waiting = (await waitingCommands(stateDir)).length;
      world.out(asJson ? json({ ...data, waitingCommands: waiting }) : `${renderStatus(data)}\n`);
      if (!asJson && waiting > 0) world.out(`\nCommands that wait for the bot's next start: ${waiting}\n`);
    });

  cli
    .command('doctor')
    .description(SUMMARIES.doctor.does)
    .addOption(stateDirOption())
    .addOption(jsonOption())
    .action(async ({ stateDir, json: asJson }: { stateDir: string; json?: boolean }) => {
      const engine = await readableEngine(stateDir, world);
      const saved = await new LowdbStateStore(stateDir).read().catch(() => null);
      // A replay lives in the past.
      const now = saved?.origin === 'replay' ? engine.time : world.clock.now();
      const findings = examine(engine, now);
      world.out(asJson ? json(findings) : `${renderFindings(findings)}\n`);
    });

  cli
    .command('report')
    .description(SUMMARIES.report.does)
    .option('--html <file>', 'write it as a page in one file, with charts, that loads nothing')
    .addOption(stateDirOption())
    .addOption(jsonOption())
    .action(async ({ stateDir, json: asJson, html }: ReportFlags) => {
      if (html !== undefined) {
        await writePage(stateDir, html, world);
        world.out(
          asJson ? json({ file: html }) : `The report is in ${printable(html)}: open it in a browser.\n`,
        );
        return;
      }
      const saved = await readFile(join(stateDir, REPORT_FILE), 'utf8').catch(() => null);
      if (saved !== null) {
        const report = parseReport(saved, join(stateDir, REPORT_FILE));
        world.out(asJson ? json(report) : `${renderPaper(report)}\n`);
        return;
      }
      const engine = await readableEngine(stateDir, world);
      const ledger = await withProgress(world.terminal, asJson === true, (onProgress) =>
        readLedger(stateDir, onProgress, tellingDamage(world)),
      );
      const effect = effectStatement(ledger, statementOptions(engine));
      const calibration = calibrationReport(ledger.outcomes);
      const report = overlayReport(engine);
      world.out(
        asJson
          ? json({ ...report, effect, calibration })
          : `${renderOverlay(report)}\n\n${renderEffect(effect, calibration)}\n`,
      );
    });
}

function parseReport(text: string, file: string): PaperReport {
  try {
    return JSON.parse(text) as PaperReport;
  } catch (cause) {
    throw new EdgekeeperError(
      'STATE_CORRUPT',
      {
        found: `${file} that is not a report: ${(cause as Error).message}`,
        expected: 'the file as Edgekeeper wrote it',
        hint: 'Remove it, or run `edgekeeper paper` again.',
      },
      { cause },
    );
  }
}

const json = (value: unknown): string => `${jsonText(value)}\n`;
