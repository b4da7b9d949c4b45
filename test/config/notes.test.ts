import { describe, expect, it } from 'vitest';
import { configNotes } from '../../src/config/notes.ts';

describe('what to know of a valid configuration', () => {
  it('is nothing for the defaults', () => {
    expect(configNotes({})).toEqual([]);
  });

  it('is which options do not size anything by the posterior', () => {
    expect(configNotes({ minQualityThreshold: 0.6, enforcement: 'strict' }).join()).toMatch(
      /enforcement, minQualityThreshold.*sizes follow the posterior/,
    );
    expect(configNotes({ minQualityThreshold: 0.6, evidence: 'guarded' })).toEqual([]);
  });

  it('is that nothing is touched, that nothing can come back, or that chance decides', () => {
    const notes = configNotes({ mode: 'observe', explore: false, controlArm: 0.05 }).join();
    expect(notes).toMatch(/nothing is touched/);
    expect(notes).toMatch(/cannot come back/);
    expect(notes).toMatch(/controlArm is 0.05/);
  });
});
