import { describe, expect, it } from 'vitest';
import { AlertBook, QUIET, REMIND_AFTER } from '../../src/monitor/alert-book.ts';
import type { Alert } from '../../src/monitor/alerts.ts';

const HOUR = 3_600_000;
const alert = (level: Alert['level'] = 'warning', code: Alert['code'] = 'DRAWDOWN_GUARD_ACTING'): Alert => ({
  level,
  code,
  about: 'portfolio',
  message: `it is ${level}`,
});
const told = (book: AlertBook, alerts: Alert[], now: number) =>
  book.update(alerts, now).map(({ what, alert: { code } }) => `${what} ${code}`);

describe('alerts', () => {
  it('are told once, however often they flicker, and once more when they are over', () => {
    const book = new AlertBook();
    const news: string[] = [];
    for (let hour = 0; hour < 100; hour += 1)
      news.push(...told(book, hour % 3 === 0 ? [alert()] : [], hour * HOUR));
    expect(news).toEqual(['raised DRAWDOWN_GUARD_ACTING']);
    expect(told(book, [], 99 * HOUR + QUIET - 1)).toEqual([]);
    expect(told(book, [], 99 * HOUR + QUIET)).toEqual(['cleared DRAWDOWN_GUARD_ACTING']);
    expect(book.alerts).toEqual([]);
    expect(told(book, [alert()], 200 * HOUR)).toEqual(['raised DRAWDOWN_GUARD_ACTING']);
  });

  it('are told again when they get worse, and every day while they are critical and nobody has seen them', () => {
    const book = new AlertBook();
    const news: string[] = [];
    const at = (hour: number, level: Alert['level']) => news.push(...told(book, [alert(level)], hour * HOUR));
    at(0, 'warning');
    at(1, 'critical');
    for (let hour = 2; hour < 60; hour += 1) at(hour, 'critical');
    expect(news.map((each) => each.split(' ')[0])).toEqual(['raised', 'worse', 'reminder', 'reminder']);
    expect(REMIND_AFTER).toBe(24 * HOUR);
    expect(book.acknowledge(book.alerts[0]!.id)).toBe(true);
    for (let hour = 60; hour < 120; hour += 1) at(hour, 'critical');
    expect(news).toHaveLength(4);
    expect(book.acknowledge('nothing of that name')).toBe(false);
  });

  it('are known to the next process, and those that hold are told from those that held', () => {
    const book = new AlertBook();
    book.update([alert(), alert('critical', 'HARD_STOP')], 0);
    const next = new AlertBook(JSON.parse(JSON.stringify(book.alerts)));
    expect(told(next, [alert()], HOUR)).toEqual([]);
    expect(next.alerts.map(({ code }) => code)).toEqual(['HARD_STOP', 'DRAWDOWN_GUARD_ACTING']);
    expect(next.standing.map(({ code }) => code)).toEqual(['DRAWDOWN_GUARD_ACTING']);
    expect(next.alerts[1]!.since).toBe(0);
  });
});
