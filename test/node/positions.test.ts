import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EffectLedger, type PositionOutcome } from '../../src/index.ts';
import { readWhole } from '../../src/journal/reader.ts';
import { keepOutcomes, readLedger } from '../../src/journal/record.ts';
import { openOverlay } from '../../src/node/index.ts';
import { HOUR, START, signal, trade } from '../fixtures.ts';

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
const open = (stateDir: string) =>
  openOverlay({
    stateDir,
    log: quiet,
    clock: { now: () => START + 3 * HOUR, sleep: () => Promise.resolve() },
  });

/** A state directory in which positions were closed in parts, and its engine and ledger as they were at the end. */
async function lived() {
  const stateDir = await mkdtemp(join(tmpdir(), 'edgekeeper-'));
  const { engine, close } = await open(stateDir);
  const ledger = new EffectLedger();
  const told: PositionOutcome[] = [];
  engine.subscribe((event) => {
    ledger.observe(event);
    if (event.type === 'trade' && event.outcome) told.push(event.outcome);
  });
  const [first, add, whole] = [0, 1, 2].map((i) => engine.decide(signal({ time: START + i })));
  const p = { positionId: 'p' };
  const junk = { raw: { order: 'x'.repeat(1000) } };
  engine.recordTrade(trade(1, { ...p, ...junk, decision: first, openSize: 2 }));
  engine.recordTrade(trade(2, { ...p, decision: add, funding: -0.5, exitTime: START + 2 * HOUR }));
  engine.recordTrade(trade(-1, { decision: whole }));
  engine.recordTrade(trade(3, { positionId: 'open', openSize: 1 }));
  const place = { strategy: 'EMA_Trend', symbol: 'BTC/USDT', time: START + 3 * HOUR };
  engine.recordUnjudged({ ...place, ...junk, reason: 'FILL_UNKNOWN' });
  engine.recordUnknownExit({ ...place, ...junk, positionId: 'open', size: 1 });
  const snapshot = engine.snapshot();
  const coverage = engine.getCoverage();
  await close();
  return { stateDir, ledger, told, snapshot, coverage };
}

/** With what explains its decision to the four digits that the journal keeps of it. */
const roughly = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (key, part) =>
    typeof part === 'number' && !EXACT.includes(key) ? Number(part.toPrecision(4)) : part,
  );
const EXACT = ['time', 'entryTime', 'exitTime', 'r', 'pnl', 'basePnl', 'multiplier', 'edgeFactor', 'equity'];

describe('positions in the journal', () => {
  it('come back as they were told, and stand in it once', async () => {
    const { stateDir, told } = await lived();
    const read: PositionOutcome[] = [];
    await readWhole(join(stateDir, 'journal'), ({ event }) => {
      if (event.type === 'trade' && event.outcome) read.push(event.outcome);
    });
    expect(told).toHaveLength(2);
    expect(read.map(roughly)).toEqual(told.map(roughly));
    const [segment] = await readdir(join(stateDir, 'journal'));
    const text = await readFile(join(stateDir, 'journal', segment!), 'utf8');
    const wholeTrade = text.split('\n').find((line) => line.startsWith('["t"') && line.includes(',-10,'))!;
    expect(wholeTrade.length).toBeLessThan(300);
    expect(text).not.toContain('xxx');
  });

  it('make the same effect record, also after compaction kept it', async () => {
    const { stateDir, ledger } = await lived();
    expect(roughly((await readLedger(stateDir)).outcomes)).toEqual(roughly(ledger.outcomes));
    expect(ledger.outcomes).toHaveLength(2);
    await keepOutcomes(stateDir, 6);
    await keepOutcomes(stateDir, 1000);
    expect(roughly((await readLedger(stateDir)).outcomes)).toEqual(roughly(ledger.outcomes));
  });

  it('and what could not be seen survive a crash without a snapshot', async () => {
    const { stateDir, snapshot, coverage } = await lived();
    await rm(join(stateDir, 'state.json'));
    const { engine, close } = await open(stateDir);
    expect(engine.snapshot()).toEqual(snapshot);
    expect(engine.getCoverage()).toEqual(coverage);
    expect(coverage).toMatchObject({ judged: 3, unjudged: { FILL_UNKNOWN: 1 }, closed: 2, unknownExits: 1 });
    await close();
  });
});
