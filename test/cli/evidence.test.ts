import { cp, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { segmentsIn } from '../../src/journal/segment.ts';
import { openOverlay, wallClock } from '../../src/node/index.ts';
import { feed, HOUR, START } from '../fixtures.ts';
import { inSegments } from '../journal/segments.ts';
import { edgekeeper as run } from './run-cli.ts';

let dir = '';
const edgekeeper = (...args: string[]) => run(...args, '--state-dir', dir);
const json = async (...args: string[]) => JSON.parse((await edgekeeper(...args, '--json')).out);

/** A file with a configuration in a directory of its own. */
async function configFile(text: string): Promise<string> {
  const file = join(await mkdtemp(join(tmpdir(), 'edgekeeper-')), 'other.json');
  await writeFile(file, text);
  return file;
}

/** Scores are kept to four digits in the journal. */
const nearly = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (key, part) =>
    typeof part === 'number' ? expect.closeTo(part, 2) : key === 'summary' ? expect.any(String) : part,
  );

/** A state directory of a bot that decided on nothing. */
async function idle(): Promise<string> {
  const stateDir = await mkdtemp(join(tmpdir(), 'edgekeeper-'));
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const clock = { now: () => START + 2 * HOUR, sleep: wallClock.sleep };
  const overlay = await openOverlay({ stateDir, log, clock });
  feed(overlay.engine, [1, -1]);
  await overlay.close();
  return stateDir;
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'edgekeeper-'));
  const { code } = await edgekeeper('paper', '--to', '2024-04-10', '--symbols', 'BTC/USDT,ETH/USDT');
  expect(code).toBe(0);
});

describe('edgekeeper effect', () => {
  it('gives the statement of the paper run, from the journal alone', async () => {
    const { effect, calibration } = await json('effect');
    const report = JSON.parse(await readFile(join(dir, 'paper-report.json'), 'utf8'));
    expect(effect).toEqual(report.overlay.effect);
    expect(calibration).toEqual(nearly(report.overlay.calibration));
    expect(effect.n).toBeGreaterThan(100);
  });

  it('says it in words and tables', async () => {
    const { out } = await edgekeeper('effect');
    expect(out).toMatch(/Does the overlay help\?\n {2}(IMPROVES|HARMS|INCONCLUSIVE): /);
    for (const part of [
      'R per unit of size sent',
      'Look as often as you like',
      'What happened, in R',
      'saved by blocking',
      'Shapley',
      'By strategy',
      'quality score predict',
    ])
      expect(out).toContain(part);
  });

  it('refuses a record without outcomes', async () => {
    const { code, err } = await run('effect', '--state-dir', await idle());
    expect(code).toBe(1);
    expect(err).toMatch(/RECORD_EMPTY.*edgekeeper status/s);
  });

  it('says the same after a compaction, for it counts from the first outcome', async () => {
    const copy = await mkdtemp(join(tmpdir(), 'edgekeeper-'));
    await cp(dir, copy, { recursive: true });
    const [whole] = await segmentsIn(join(copy, 'journal'));
    await inSegments(join(copy, 'journal'), Math.ceil(0.6 * whole!.bytes));
    const before = JSON.parse((await run('effect', '--json', '--state-dir', copy)).out);
    const { out } = await run('journal', 'compact', '--keep-days', '0', '--state-dir', copy);
    expect(out).toBe('1 segments dropped.\n');
    expect(JSON.parse((await run('effect', '--json', '--state-dir', copy)).out)).toEqual(before);
    const diff = await run('diff', '--config', await configFile('{}'), '--state-dir', copy);
    expect(diff.err).toMatch(/RECORD_INCOMPLETE.*starts at event/s);
    await writeFile(join(copy, 'outcomes.jsonl'), '{"seq":1}\n');
    expect((await run('effect', '--state-dir', copy)).err).toMatch(/STATE_CORRUPT.*outcomes\.jsonl:1/s);
  });
});

describe('edgekeeper why', () => {
  it('explains the latest decision, that of a strategy, and any by its id', async () => {
    const last = await json('why', '--last');
    const { out } = await edgekeeper('why', last.decision.id);
    expect(out).toContain(last.decision.id);
    expect(out).toMatch(/base .*\n.*weight .*\n.*health .*\n.*quality .*\n.*size .*\n.*guard/);
    expect(out).toMatch(/Expected [+-]\d\.\d{3} R, P\(mean R > 0\) = \d\.\d{3}/);
    expect(out).toMatch(/Nearest change that would have made it/);
    expect((await json('why', '--last', '--strategy', 'EMA_Trend')).decision.strategy).toBe('EMA_Trend');
  });

  it('shows what came of a decision, traded or not', async () => {
    const lines = (await edgekeeper('journal', 'export')).out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const traded = lines.find(({ event }) => event.type === 'trade').event.trade.decisionId;
    const followed = lines.flatMap(({ effects = [] }) => effects).find(({ type }) => type === 'shadow')
      .outcome.decision.id;
    expect(await json('why', traded)).toMatchObject({
      decision: { id: traded, action: 'execute' },
      trades: [{ decisionId: traded }],
      shadow: null,
    });
    expect((await edgekeeper('why', traded)).out).toMatch(
      /rounding .*asked .*closed so far.*closed .*: size/s,
    );
    expect(await json('why', followed)).toMatchObject({
      decision: { id: followed, multiplier: 0 },
      trades: [],
      shadow: { rule: 'host' },
    });
    expect((await edgekeeper('why', followed)).out).toMatch(/not traded; followed to its/);
  });

  it('refuses an unknown decision, and neither or both ways to name one', async () => {
    expect((await edgekeeper('why', 'd999999')).err).toMatch(/DECISION_UNKNOWN.*d999999.*why --last/s);
    expect((await edgekeeper('why', '--last', '--strategy', 'Nobody')).err).toMatch(/DECISION_UNKNOWN/);
    for (const args of [['why'], ['why', 'd1', '--last'], ['why', '--strategy', 'EMA_Trend']])
      expect((await edgekeeper(...args)).err).toMatch(/OPTION_INVALID/);
    expect((await run('why', '--last', '--state-dir', await idle())).err).toMatch(/DECISION_UNKNOWN/);
  });
});

describe('edgekeeper diff', () => {
  it('finds no difference to the configuration that ran', async () => {
    const diff = await json('diff', '--config', await configFile('{}'));
    expect(diff).toMatchObject({ blocked: [], freed: [], resized: [], unknownOutcomes: 0 });
    expect(diff.other).toEqual(diff.asRun);
    // How many signals were not sent at all, only an engine knows.
    expect({ ...diff.asRun.statement, unknown: 0 }).toEqual((await json('effect')).effect);
  });

  it('shows what another one would have blocked, freed and resized, and deflates its Sharpe ratio', async () => {
    const strict = await configFile('{ "edgekeeper": { "evidence": "literal" } }');
    const diff = await json('diff', '--config', strict);
    expect(diff.blocked.length).toBeGreaterThan(20);
    for (const { before, after } of diff.blocked)
      expect([before.multiplier > 0, after.multiplier]).toEqual([true, 0]);
    expect(diff.deflation.tried).toBe(2);
    const again = await json('diff', '--config', strict);
    expect(again.deflation.tried).toBe(2);
    const third = await json('diff', '--config', await configFile('{ "preset": "aggressive" }'));
    expect(third.deflation).toMatchObject({ tried: 3, luck: expect.any(Number) });
    const { out } = await edgekeeper('diff', '--config', strict);
    for (const part of ['more blocked', 'Status changes', 'as run', 'Deflated Sharpe ratio', 'Cumulated R'])
      expect(out).toContain(part);
  });

  it('compares with the bot alone: switched off, every signal goes out and nothing is selected', async () => {
    const { asRun, other } = await json('diff', '--config', await configFile('{ "enabled": false }'));
    expect(other.statement.n).toBe(asRun.statement.n);
    expect(other.statement.sent).toBe(other.statement.n);
    expect(other.statement.claim).toMatchObject({ effect: 0, because: 'all signals had the same size' });
  });

  it('refuses a configuration that does not parse, and a record without decisions', async () => {
    expect((await edgekeeper('diff', '--config', await configFile('{'))).err).toMatch(
      /CONFIG_INVALID.*not JSON/s,
    );
    expect((await edgekeeper('diff', '--config', await configFile('{"minWeight":-1}'))).err).toMatch(
      /CONFIG_INVALID.*minWeight/s,
    );
    const empty = await run('diff', '--config', await configFile('{}'), '--state-dir', await idle());
    expect(empty.err).toMatch(/RECORD_EMPTY/);
  });

  it('names a broken list of tried configurations', async () => {
    const other = await mkdtemp(join(tmpdir(), 'edgekeeper-'));
    await run('paper', '--to', '2024-01-15', '--symbols', 'BTC/USDT', '--state-dir', other);
    await writeFile(join(other, 'policy-trials.json'), '[1');
    const { err } = await run('diff', '--config', await configFile('{}'), '--state-dir', other);
    expect(err).toMatch(/STATE_CORRUPT.*policy-trials\.json/s);
  });
});
