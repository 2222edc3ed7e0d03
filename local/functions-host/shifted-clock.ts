// The wall clock of host and app, moved for tests of wrong clocks: what a machine with a wrong clock would show them. The
// monotonic clock and timers go on as they are, as on such a machine.

const RealDate = Date;
let offsetMs = 0;

/** Moves the clock of this process to so many milliseconds from the right time; 0 sets it right again. */
export function shiftClock(toOffsetMs: number): void {
  offsetMs = toOffsetMs;
  globalThis.Date = offsetMs === 0 ? RealDate : ShiftedDate;
}

const ShiftedDate = new Proxy(RealDate, {
  get: (target, name, receiver) =>
    name === "now" ? () => RealDate.now() + offsetMs : Reflect.get(target, name, receiver),
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [RealDate.now() + offsetMs] : args, newTarget),
  apply: () => new RealDate(RealDate.now() + offsetMs).toString(),
});
