import type { HostDriver } from './driver.ts';

/** One promise that every adapter keeps. */
export interface Check {
  readonly number: number;
  readonly title: string;
  run(driver: HostDriver): Promise<void>;
}
