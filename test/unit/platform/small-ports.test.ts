// Ids, log, cursor and deadline.
import { expect, test } from "vitest";
import { PermanentFailure, TransientFailure } from "../../../shared/kernel/failures.ts";
import { steadyClock, systemClock } from "../../../shared/platform/clock/clock.ts";
import { decodeCursor, encodeCursor } from "../../../shared/platform/tables/cursor.ts";
import { withDeadline } from "../../../shared/platform/deadline.ts";
import { deterministicId, systemIds } from "../../../shared/platform/ids.ts";
import { seededIds } from "../../support/memory/seeded-ids.ts";
import { error, warn } from "../../../shared/platform/telemetry/events.ts";
import { logTo, toConsole, type LogEntry } from "../../../shared/platform/telemetry/log.ts";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[48][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test("a deterministic id is a version 8 UUID that depends on every character", () => {
  // e3b0c442 98fc 1c14 9afb f4c8996fb924 is the beginning of the well-known SHA-256 of the empty text.
  expect(deterministicId("")).toBe("e3b0c442-98fc-8c14-9afb-f4c8996fb924");
  expect(deterministicId("a")).toMatch(UUID);
  expect(new Set(["a", "b", "a ", "A"].map(deterministicId)).size).toBe(4);
  expect(deterministicId("a")).toBe(deterministicId("a"));
});

test("seeded ids repeat with the seed, system ids never", () => {
  const take = (ids: { next(): string }) => [ids.next(), ids.next(), ids.next()];
  expect(take(seededIds("s"))).toEqual(take(seededIds("s")));
  expect(new Set([...take(seededIds("s")), ...take(seededIds("t")), ...take(systemIds)]).size).toBe(9);
  for (const id of [...take(seededIds("s")), ...take(systemIds)]) expect(id).toMatch(UUID);
});

test("the clocks give whole milliseconds: rows keep nothing else", () => {
  for (const clock of [systemClock, steadyClock]) {
    for (let n = 0; n < 1000; n += 1) expect(Number.isSafeInteger(clock.now())).toBe(true);
  }
});

test("a log entry is one JSON line without secrets", () => {
  const lines: string[] = [];
  const kinds = { id: "error", clientSecret: "text", nested: "data", list: "data", long: "text" } as const;
  const log = logTo(
    { "thing.happened": warn("", { ...kinds, error: "error", circular: "data", when: "data" }) },
    toConsole((level, line) => void lines.push(`${level} ${line}`)),
  );
  const circular: Record<string, unknown> = {};
  circular["self"] = circular;
  log.event("thing.happened", {
    id: 7n,
    clientSecret: "s3cret",
    nested: { headers: { Authorization: "Bearer s3cret", accept: "*" } },
    list: [{ apiKey: "s3cret" }],
    error: new Error("outer", { cause: new TypeError("inner") }),
    long: "x".repeat(5000),
    circular,
    when: new Date(0),
  });
  expect(lines).toHaveLength(1);
  expect(lines[0]).not.toContain("s3cret");
  expect(lines[0]).not.toContain("\n");
  const entry: unknown = JSON.parse((lines[0] ?? "").slice(5));
  expect(entry).toMatchObject({
    level: "warn",
    event: "thing.happened",
    id: "7",
    clientSecret: "[redacted]",
    nested: { headers: { Authorization: "[redacted]", accept: "*" } },
    error: "Error: outer < TypeError: inner",
    when: "1970-01-01T00:00:00.000Z",
  });
  expect(lines[0]?.length).toBeLessThan(3000);
});

test("a log gives what was logged to whoever listens", () => {
  const entries: LogEntry[] = [];
  const log = logTo({ broken: error("", { token: "text", n: "number" }) }, (entry) => void entries.push(entry));
  log.event("broken", { token: "t", n: 1 });
  expect(entries).toEqual([{ level: "error", event: "broken", fields: { token: "[redacted]", n: 1 } }]);
});

test("cursors come back, foreign texts do not", () => {
  for (const position of ["", "a", "Ä/👍"]) expect(decodeCursor(encodeCursor(position))).toBe(position);
  for (const text of ["", "abc", "1:a", `${encodeCursor("a")}=`, "x".repeat(3000)]) {
    expect(() => decodeCursor(text)).toThrow(PermanentFailure);
  }
});

test("work within its deadline gives its own result or error", async () => {
  await expect(withDeadline("Work", 1000, async () => 7)).resolves.toBe(7);
  await expect(withDeadline("Work", 1000, () => Promise.reject(new RangeError("own")))).rejects.toThrow(RangeError);
});

test("work that hangs ends at its deadline, and its signal aborts", async () => {
  let signal: AbortSignal | undefined;
  const hanging = withDeadline("Work", 5, (given) => {
    signal = given;
    return new Promise<never>(() => {});
  });
  await expect(hanging).rejects.toThrow(TransientFailure);
  await expect(hanging).rejects.toThrow("Work took longer than 5 ms.");
  expect(signal?.aborted).toBe(true);
});
