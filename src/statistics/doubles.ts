/**
 * An array of so many zeros that holds doubles from the start. Plain arrays of them lie in one piece on the heap; a
 * typed array of more than 64 bytes lies outside of it, and each has to be swept.
 */
export const doubles = (length: number): number[] => Array<number>(length).fill(0.5).fill(0);
