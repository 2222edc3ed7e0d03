// Binary heap with the smallest key first. Entries that became stale stay inside until they surface or are swept.

interface Entry<T> {
  readonly key: number;
  readonly value: T;
}

export class MinHeap<T> {
  #entries: Entry<T>[] = [];

  get size(): number {
    return this.#entries.length;
  }

  get first(): Entry<T> | undefined {
    return this.#entries[0];
  }

  push(key: number, value: T): void {
    const entries = this.#entries;
    const added = { key, value };
    let at = entries.length;
    entries.push(added);
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = entries[above];
      if (parent === undefined || parent.key <= key) break;
      entries[at] = parent;
      at = above;
    }
    entries[at] = added;
  }

  pop(): Entry<T> | undefined {
    const entries = this.#entries;
    const top = entries[0];
    const last = entries.pop();
    if (top === undefined || last === undefined || entries.length === 0) return top;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      const left = entries[below];
      if (left === undefined) break;
      const right = entries[below + 1];
      let smaller = left;
      if (right !== undefined && right.key < left.key) {
        smaller = right;
        below += 1;
      }
      if (smaller.key >= last.key) break;
      entries[at] = smaller;
      at = below;
    }
    entries[at] = last;
    return top;
  }

  /** Drops stale entries once they outnumber the live ones, so that memory stays in proportion to `live`. */
  sweep(live: number, isLive: (key: number, value: T) => boolean): void {
    if (this.#entries.length <= 2 * live + 1024) return;
    // A sorted array is a heap.
    this.#entries = this.#entries.filter((entry) => isLive(entry.key, entry.value)).sort((a, b) => a.key - b.key);
  }
}
