import { expect, test } from "vitest";
import { systemWait } from "../../../shared/platform/wait.ts";

test("waits at least as long as asked", async () => {
  const begin = performance.now();
  await systemWait(20);
  expect(performance.now() - begin).toBeGreaterThanOrEqual(19);
});

test("ends with the signal's reason at once, also when it was aborted before", async () => {
  const stop = new AbortController();
  const waiting = systemWait(60_000, stop.signal);
  stop.abort(new Error("enough"));
  await expect(waiting).rejects.toThrow("enough");
  await expect(systemWait(60_000, stop.signal)).rejects.toThrow("enough");
});
