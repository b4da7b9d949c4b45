export type { Check } from './check.ts';
export { CHECKS, conformance } from './conformance.ts';
export type { HostDriver, HostRun, HostSetup, SentOrder, Wish } from './driver.ts';
export { scriptedEngine } from './program.ts';
