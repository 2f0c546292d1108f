/**
 * Where several who work side by side wait for one another.
 */
export class Meeting {
  #expected: number;
  #waiting: (() => void)[] = [];

  /** @param expected how many take part */
  constructor(expected: number) {
    this.#expected = expected;
  }

  /** Resolves when all who take part have arrived. */
  arrive(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#letGo();
    });
  }

  /** One less takes part. */
  leave(): void {
    this.#expected--;
    this.#letGo();
  }

  #letGo(): void {
    if (this.#waiting.length < this.#expected) return;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
