/** How often each operation was called since the start. */
export class Counters {
  readonly #counts: Record<"platform" | "controlPlane", Record<string, number>> = { platform: {}, controlPlane: {} };

  add(target: "platform" | "controlPlane", operation: string): void {
    this.#counts[target][operation] = (this.#counts[target][operation] ?? 0) + 1;
  }

  get counts(): object {
    return this.#counts;
  }
}
