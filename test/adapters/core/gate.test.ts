import { describe, expect, it } from 'vitest';
import { scriptedEngine } from '../../../adapters/conformance/index.ts';
import { OrderGate } from '../../../adapters/core/gate.ts';
import { Remembered } from '../../../adapters/core/remembered.ts';
import { HOUR, START, signal } from '../../fixtures.ts';

describe('the gate', () => {
  it('takes equal orders for two, unless the first one failed', () => {
    const engine = scriptedEngine(() => 0.5);
    const gate = new OrderGate(engine);
    const first = gate.judge(signal(), 'same');
    expect(gate.judge(signal({ time: START + 1000 }), 'same').decision!.id).not.toBe(first.decision!.id);
    gate.failed(signal(), 'same', first);
    expect(gate.judge(signal({ time: START + 2000 }), 'same')).toBe(first);
    // The retry reached the venue: what comes now is another order.
    expect(gate.judge(signal({ time: START + 3000 }), 'same')).not.toBe(first);
    gate.failed(signal(), 'same', first);
    gate.sent(signal(), 'same');
    expect(gate.judge(signal({ time: START + 4000 }), 'same')).not.toBe(first);
    gate.failed(signal(), 'same', first);
    expect(gate.judge(signal({ time: START + HOUR }), 'same')).not.toBe(first);
  });

  it('always says why it vetoes, also what the engine no longer remembers', () => {
    const gate = new OrderGate(scriptedEngine(() => 0));
    expect(gate.judge(signal(), 'x').reasons).toEqual(['QUALITY_BLOCKED']);
    const none = { multiplier: 0.5, decision: null, reasons: [] };
    expect(new OrderGate(scriptedEngine(() => 1)).withdraw(signal(), none, 'BELOW_MIN').reasons).toEqual([
      'BELOW_MIN',
    ]);
  });
});

describe('what is remembered', () => {
  it('holds until its time, and costs the same however much there is', () => {
    const kept = new Remembered<number>();
    for (let i = 0; i < 50_000; i += 1) kept.keep(`k${i}`, i, START + 60_000 + i);
    expect(kept.recall('k49999', START + 50_000)).toBe(49_999);
    expect(kept.recall('k0', START)).toBeUndefined();
    expect(kept.recall('k49999', START + HOUR)).toBeUndefined();
  });
});
