/** A run that somebody ended before it was done. */
export class Interrupted extends Error {
  /** @param time how far it was, ms UTC */
  constructor(time: number) {
    super(
      `Stopped at ${new Date(time).toISOString().slice(0, 10)}. Start it again whenever you like: it begins afresh.`,
    );
  }
}
