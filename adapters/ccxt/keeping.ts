/** Keeps what changed once for all that changed together, before whoever waits for an answer goes on. */
export class Keeping {
  readonly #save: () => void;
  #isDue = false;

  constructor(save: () => void) {
    this.#save = save;
  }

  changed(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    queueMicrotask(() => this.now());
  }

  /** Keeps what has changed and is not kept yet. */
  now(): void {
    if (!this.#isDue) return;
    this.#isDue = false;
    this.#save();
  }
}
