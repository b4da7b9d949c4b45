import cron from 'node-cron';
import { describe, expect, it, vi } from 'vitest';
import { Updates, type UpdatesOptions } from '../../src/node/updates.ts';
import { engineWith, HOUR, START } from '../fixtures.ts';

const log = { info: vi.fn(), warn: vi.fn(), error: vi.fn() };

function updates(changes: Partial<UpdatesOptions> = {}) {
  const engine = engineWith();
  const clock = { time: START + 1000, now: () => clock.time, sleep: async () => undefined };
  return { engine, clock, made: new Updates({ engine, clock, log, ...changes }) };
}

describe('the periodic update', () => {
  it('runs at start, once an hour, and catches up after a missed hour', async () => {
    const { engine, clock, made } = updates();
    const times: number[] = [];
    engine.subscribe((event) => event.type === 'update' && times.push(event.time - START));
    await made.start();
    await made.runIfDue();
    clock.time += HOUR;
    await made.runIfDue();
    clock.time += 5 * HOUR;
    await made.runIfDue();
    await made.stop();
    expect(times).toEqual([1000, HOUR + 1000, 6 * HOUR + 1000]);
  });

  it('is driven by cron', async () => {
    const schedule = vi.spyOn(cron, 'schedule');
    const { made } = updates();
    await made.start();
    expect(schedule).toHaveBeenCalledWith(
      '0 */1 * * *',
      expect.any(Function),
      expect.objectContaining({ noOverlap: true, timezone: 'UTC' }),
    );
    const { engine, clock, made: _unused } = { ...updates(), made };
    expect(engine.getOptimizationStatus().updatedAt).toBeNull();
    expect(clock.now()).toBe(START + 1000);
    await made.stop();
    schedule.mockRestore();
  });

  it('runs one at a time', async () => {
    let running = 0;
    let most = 0;
    const refresh = async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 5));
      running -= 1;
    };
    const { made } = updates({ refresh });
    await Promise.all([made.runIfDue(), made.runIfDue(), made.runIfDue()]);
    expect(most).toBe(1);
  });

  it('goes on when data cannot be had or state cannot be saved, and counts it', async () => {
    const fail = async () => {
      throw new Error('no');
    };
    const { engine, made } = updates({ refresh: fail, saved: fail });
    await made.runIfDue();
    expect(engine.getOptimizationStatus()).toMatchObject({
      updatedAt: START + 1000,
      errors: { REFRESH_FAILED: 1, SAVE_FAILED: 1 },
    });
  });
});
