// Sequence numbers of deliverable messages, smallest first. New messages only ever join at the end, returned ones
// (abandoned, lock expired) go to a heap, so both ends are cheap. A number whose message is no longer ready is skipped.
import { MinHeap } from "./min-heap.ts";

export class ReadyList {
  #tail: number[] = [];
  #head = 0;
  #newest = 0;
  readonly #returned = new MinHeap<undefined>();

  add(sequence: number): void {
    if (sequence > this.#newest) {
      this.#newest = sequence;
      this.#tail.push(sequence);
    } else {
      this.#returned.push(sequence, undefined);
    }
  }

  /** The first number for which `isReady` holds; it stays in the list. */
  first(isReady: (sequence: number) => boolean): number | undefined {
    let returned = this.#returned.first;
    while (returned !== undefined && !isReady(returned.key)) {
      this.#returned.pop();
      returned = this.#returned.first;
    }
    let fresh = this.#tail[this.#head];
    while (fresh !== undefined && !isReady(fresh)) {
      this.#skip();
      fresh = this.#tail[this.#head];
    }
    if (returned === undefined) return fresh;
    return fresh === undefined || returned.key < fresh ? returned.key : fresh;
  }

  /** Removes the number that `first` returned. */
  removeFirst(sequence: number): void {
    if (this.#tail[this.#head] === sequence) this.#skip();
    else this.#returned.pop();
  }

  #skip(): void {
    this.#head += 1;
    if (this.#head === this.#tail.length) {
      this.#tail = [];
      this.#head = 0;
    } else if (this.#head >= 1024 && this.#head * 2 >= this.#tail.length) {
      this.#tail = this.#tail.slice(this.#head);
      this.#head = 0;
    }
  }
}
