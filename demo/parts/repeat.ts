/** Does the same thing whenever it is asked to; what is asked meanwhile is done after it, once. */
export class Repeat {
  #again = false;
  #running?: Promise<void>;

  constructor(private readonly once: () => Promise<void>) {}

  /** Resolves when nothing is left to do. Rejects with the error that ended it. */
  run(): Promise<void> {
    this.#again = true;
    this.#running ??= this.#loop().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #loop(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      await this.once();
    }
  }
}
