import { afterEach, describe, expect, test } from "vitest";
import { ControlPlaneRefusal, type ControlPlane } from "../../../shared/docuware/control-plane/control-plane.ts";
import { createHttpControlPlane } from "../../../shared/docuware/control-plane/http-control-plane.ts";
import { PermanentFailure, TransientFailure } from "../../../shared/kernel/failures.ts";
import { createHttpClient } from "../../../shared/platform/http-client/lazy-http-client.ts";
import { answerJson, startTinyServer, type TinyServer } from "./tiny-server.ts";

const http = createHttpClient();
let server: TinyServer;
afterEach(() => server.stop());

async function plane(status: number, body: unknown, headers: Record<string, string> = {}): Promise<ControlPlane> {
  server = await startTinyServer((_, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    answerJson(response, body, status);
  });
  return createHttpControlPlane({
    baseUrl: `${server.url}/root/`,
    http,
    clock: { now: () => Date.UTC(2026, 0, 1) },
    bearerToken: () => Promise.resolve("the-token"),
  });
}

const upgrade = {
  organisationId: "a/b",
  operationId: "c:o:3",
  sequence: 3,
  sequenceScope: "c",
  action: { kind: "upgrade", targetVersion: "7.13.0.1" },
} as const;
const running = { id: "c:o:3", kind: "upgrade", status: "Running" };

describe("control plane over HTTP", () => {
  test("sends what the contract asks for", async () => {
    const client = await plane(202, running);
    await client.begin(upgrade);
    expect(server.seen[0]).toMatchObject({
      method: "POST",
      path: "/root/organisations/a%2Fb/upgrade",
      headers: {
        authorization: "Bearer the-token",
        "operation-id": "c:o:3",
        "operation-sequence": "3",
        "operation-scope": "c",
        "content-type": "application/json",
      },
    });
    expect(JSON.parse(server.seen[0]?.body.toString() ?? "")).toEqual({ targetVersion: "7.13.0.1" });
  });

  test.each([
    [{}, 1_000],
    [{ "retry-after": "5" }, 5_000],
    [{ "retry-after": "5", "retry-after-ms": "250" }, 250],
    [{ "retry-after-ms": "1" }, 100],
    [{ "retry-after": "86400" }, 300_000],
  ])("a running operation with %j is looked at again after %i ms", async (headers, retryAfterMs) => {
    const client = await plane(202, running, headers);
    expect(await client.begin(upgrade)).toEqual({ kind: "running", retryAfterMs });
  });

  test("a canceled operation has failed", async () => {
    const client = await plane(200, { ...running, status: "Canceled" });
    expect(await client.poll("o", "c:o:3")).toEqual({ kind: "failed", reason: "canceled by a later operation" });
  });

  test("a failed operation carries its reason", async () => {
    const client = await plane(200, {
      ...running,
      status: "Failed",
      error: { code: "diskFull", message: "No space." },
    });
    expect(await client.begin(upgrade)).toEqual({ kind: "failed", reason: "diskFull: No space." });
  });

  test.each([
    ["another id", { ...running, id: "c:o:4" }],
    ["another kind", { ...running, kind: "restore" }],
    ["a success without its version", { ...running, status: "Succeeded" }],
  ])("an answer with %s is not believed", async (_, body) => {
    const client = await plane(200, body);
    await expect(client.begin(upgrade)).rejects.toBeInstanceOf(PermanentFailure);
  });

  test.each([
    ["an unknown status", { status: "Paused" }],
    ["no status", { status: null }],
    ["no kind", { kind: null }],
    ["an unknown kind", { kind: "defragment" }],
    ["nulls and new members", { result: null, error: null, createdAt: null, progress: { percent: 4 } }],
    ["another case", { status: "RUNNING", kind: "Upgrade" }],
  ])("an operation with %s has not ended", async (_, members) => {
    const client = await plane(200, { ...running, ...members });
    expect(await client.begin(upgrade)).toEqual({ kind: "running", retryAfterMs: 1_000 });
  });

  test.each([
    ["an emoji where it is cut", { code: "e", message: "x".repeat(295) + "😀".repeat(20) }],
    ["282 characters and an emoji", { code: "UpgradeFailed___", message: `${"x".repeat(282)}😀` }],
    ["half an emoji", { code: "c", message: "x\ud83d" }],
    ["100 KB", { code: "c", message: "😀".repeat(25_000) }],
    ["no code", { message: "broken" }],
    ["a number for a message", { code: 5, message: 7 }],
    ["only text", "broken"],
    ["nothing", {}],
    ["null", null],
  ])("a failure with %s is a short, well-formed reason", async (_, error) => {
    const client = await plane(200, { ...running, status: "failed", error });
    const status = await client.begin(upgrade);
    expect(status.kind).toBe("failed");
    const reason = status.kind === "failed" ? status.reason : "";
    expect(reason.length).toBeGreaterThan(0);
    expect(reason.length).toBeLessThanOrEqual(300);
    expect(reason.isWellFormed()).toBe(true);
  });

  test.each([
    [{ availability: "Online", version: "7.12.1.100", region: null }, "online"],
    [{ availability: "OFFLINE", version: "7.12.1.100" }, "offline"],
  ])("a status of %j", async (body, availability) => {
    expect(await (await plane(200, body)).status("o")).toEqual({ availability, version: "7.12.1.100" });
  });

  test.each([null, "maintenance", undefined])("an availability of %j is asked for again", async (availability) => {
    const client = await plane(200, { availability, version: "7.12.1.100" });
    await expect(client.status("o")).rejects.toBeInstanceOf(TransientFailure);
  });

  test("a restore point without its id is not believed", async () => {
    const client = await plane(200, {
      id: "i",
      kind: "createRestorePoint",
      status: "Succeeded",
      result: { version: "7.12" },
    });
    await expect(client.poll("o", "i")).rejects.toBeInstanceOf(PermanentFailure);
  });

  test("a refusal carries the problem's code", async () => {
    const client = await plane(409, { status: 409, code: "staleSequence", title: "Stale", detail: "7 is behind 9." });
    const error: unknown = await client.begin(upgrade).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ControlPlaneRefusal);
    expect(error).toMatchObject({ code: "staleSequence" });
    expect(String(error)).toContain("7 is behind 9.");
  });

  test("a refusal is known by its code alone, however long and null everything else is", async () => {
    const client = await plane(404, { code: "unknownOperation", title: null, detail: "😀".repeat(5_000) });
    expect(await client.poll("o", "c:o:3")).toBeUndefined();
  });

  test("a 404 that is not the control plane's own does not mean that the operation was never seen", async () => {
    const client = await plane(404, "nothing here");
    await expect(client.poll("o", "c:o:3")).rejects.toBeInstanceOf(PermanentFailure);
  });

  test("unavailable and throttled are transient, with a bounded retry-after", async () => {
    const client = await plane(503, { status: 503, code: "unavailable", title: "Down" }, { "retry-after": "86400" });
    const error: unknown = await client.begin(upgrade).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(TransientFailure);
    expect(error).toMatchObject({ retryAfterMs: 300_000 });
  });

  test("an address that is no URL is refused at once", () => {
    const create = () => createHttpControlPlane({ baseUrl: "control.example", http, clock: { now: () => 0 } });
    expect(create).toThrow("must be an absolute http(s) URL");
  });
});
