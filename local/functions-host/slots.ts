// A bounded number of things at once.

export interface Slots {
  /** Waits for a free slot; false when the signal was aborted first. */
  take(signal: AbortSignal): Promise<boolean>;
  give(): void;
}

export function slots(count: number): Slots {
  let free = count;
  const waiters: (() => void)[] = [];
  return {
    take(signal) {
      if (signal.aborted) return Promise.resolve(false);
      if (free > 0) {
        free -= 1;
        return Promise.resolve(true);
      }
      return new Promise((resolve) => {
        const granted = (): void => {
          signal.removeEventListener("abort", aborted);
          resolve(true);
        };
        const aborted = (): void => {
          waiters.splice(waiters.indexOf(granted), 1);
          resolve(false);
        };
        waiters.push(granted);
        signal.addEventListener("abort", aborted, { once: true });
      });
    },
    give() {
      const next = waiters.shift();
      if (next === undefined) free += 1;
      else next();
    },
  };
}
