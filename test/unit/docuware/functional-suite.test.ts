import { beforeEach, describe, expect, test } from "vitest";
import {
  FUNCTIONAL_STEPS,
  functionalResultSchema,
} from "../../../shared/docuware/functional-suite/functional-result.ts";
import { runFunctionalSuite } from "../../../shared/docuware/functional-suite/functional-suite.ts";
import type { FunctionalOptions } from "../../../shared/docuware/functional-suite/functional-run.ts";
import { seededIds } from "../../support/memory/seeded-ids.ts";
import { answer, FakeDocuware, PASSWORD_TARGET, type Hook, type Operation } from "./fake-docuware.ts";

let docuware: FakeDocuware;
beforeEach(() => {
  docuware = new FakeDocuware();
});

const run = (hook: Hook = () => undefined, options: FunctionalOptions = {}) => {
  docuware.hook = hook;
  const { clock, wait } = docuware;
  return runFunctionalSuite(PASSWORD_TARGET, { http: docuware, clock, wait, ids: seededIds("suite") }, options);
};
const outcomes = (result: Awaited<ReturnType<typeof run>>) =>
  Object.fromEntries(result.steps.map((one) => [one.name, one.outcome]));
const unavailable = answer(503, { Message: "The service is down." });
const failing =
  (...operations: readonly Operation[]): Hook =>
  (operation) =>
    operations.includes(operation) ? unavailable : undefined;

describe("functional suite", () => {
  test("passes all steps against a healthy organisation and leaves nothing behind", async () => {
    const result = await run();
    expect(result.steps.map((one) => [one.name, one.outcome])).toEqual(
      FUNCTIONAL_STEPS.map((step) => [step.name, "passed"]),
    );
    expect(result).toMatchObject({
      organisationId: "alpine-foods",
      outcome: "passed",
      version: "7.12.1.100",
      startedAt: 1_800_000_000_000,
      cleanedUp: true,
    });
    expect(result).not.toHaveProperty("failedStep");
    expect(result.durationMs).toBe(10 * docuware.calls.length);
    expect(docuware.documents).toEqual([]);
    expect(docuware.trash).toEqual([]);
    expect(functionalResultSchema.parse(result)).toEqual(result);
  });

  test("logs in once and lists the cabinets once", async () => {
    await run();
    expect(docuware.operations().filter((one) => one === "token")).toHaveLength(1);
    expect(docuware.operations().filter((one) => one === "cabinets")).toHaveLength(1);
  });

  test("fills the fields that the store dialog requires", async () => {
    await run();
    const stored = docuware.calls.find((one) => one.operation === "store");
    expect(Buffer.from(stored?.request.body ?? "").toString()).toContain(
      '"FieldName":"COMPANY","Item":"Operations check"',
    );
  });

  test.each<[Operation, string, "critical" | "warning"]>([
    ["info", "logIn", "critical"],
    ["token", "logIn", "critical"],
    ["version", "readVersion", "warning"],
    ["cabinets", "listCabinets", "critical"],
    ["dialog", "readDialogs", "critical"],
    ["store", "store", "critical"],
    ["search", "findBySearch", "critical"],
    ["data", "download", "critical"],
    ["update", "updateFields", "warning"],
    ["delete", "delete", "warning"],
    ["trashDelete", "purge", "warning"],
    ["logoff", "logOff", "warning"],
  ])("a failing %s fails the step %s, which is %s", async (operation, step, severity) => {
    const result = await run(failing(operation));
    expect(result).toMatchObject({ outcome: "failed", failedStep: step, severity });
    const failed = result.steps.find((one) => one.name === step);
    expect(failed).toMatchObject({ outcome: "failed", failure: { class: "transient" } });
    expect(failed?.failure?.message).toContain("The service is down.");
    expect(result.steps).toHaveLength(FUNCTIONAL_STEPS.length);
  });

  test("after a critical failure only cleans up, and says that it did", async () => {
    const result = await run(failing("search"));
    expect(outcomes(result)).toMatchObject({
      findBySearch: "failed",
      fetch: "skipped",
      download: "skipped",
      updateFields: "skipped",
      delete: "passed",
      purge: "passed",
      logOff: "passed",
    });
    expect(result.cleanedUp).toBe(true);
    expect(docuware.documents).toEqual([]);
    expect(docuware.trash).toEqual([]);
  });

  test("a warning does not hide a critical failure that follows", async () => {
    const result = await run(failing("version", "store"));
    expect(result).toMatchObject({ failedStep: "store", severity: "critical" });
    expect(outcomes(result)).toMatchObject({ readVersion: "failed", store: "failed" });
  });

  test("removes a document whose store was done but not answered", async () => {
    docuware.hook = () => undefined;
    const result = await run((operation, nth, request) => {
      if (operation !== "store" || nth > 1) return undefined;
      // The work is done, its answer is lost.
      const body = Buffer.from(request.body ?? "").toString();
      docuware.add(/OPSCHECK-[\w-]+/.exec(body.slice(body.indexOf("SUBJECT")))?.[0] ?? "", docuware.now);
      return answer(502, { Message: "Bad gateway." });
    });
    expect(result).toMatchObject({ failedStep: "store", cleanedUp: true });
    expect(docuware.documents).toEqual([]);
    expect(docuware.trash).toEqual([]);
  });

  test("says that a document may be left when it could not be removed", async () => {
    expect(await run(failing("delete"))).toMatchObject({ failedStep: "delete", cleanedUp: false });
    expect(docuware.documents).toHaveLength(1);
  });

  test("nothing is left by a store that was refused", async () => {
    const result = await run((operation) => (operation === "store" ? answer(422, { Message: "No." }) : undefined));
    expect(result).toMatchObject({ failedStep: "store", cleanedUp: true });
    expect(result.steps.find((one) => one.name === "store")?.failure?.class).toBe("permanent");
  });

  test("a download with one wrong byte is found", async () => {
    const result = await run((operation) => {
      if (operation !== "data") return undefined;
      const body = Buffer.from(docuware.documents[0]?.bytes ?? "");
      body[100] = 0;
      return { status: 200, headers: {}, body };
    });
    expect(result).toMatchObject({ failedStep: "download", severity: "critical", cleanedUp: true });
    expect(result.steps.find((one) => one.name === "download")?.failure?.message).toContain("differ from byte 100 on");
  });

  test("waits for a search result that lags", async () => {
    const result = await run((operation, nth) =>
      operation === "search" && nth < 4 ? answer(200, { Items: [] }) : undefined,
    );
    expect(result.outcome).toBe("passed");
    expect(docuware.waits.slice(0, 3)).toEqual([250, 500, 1_000]);
  });

  test("a document that is still there after its deletion is found", async () => {
    const result = await run((operation, nth) =>
      operation === "fetch" && nth > 1 ? answer(200, { Id: 67 }) : undefined,
    );
    expect(result).toMatchObject({ failedStep: "confirmGone", severity: "warning", cleanedUp: true });
  });

  test("honours Retry-After once in a run", async () => {
    const throttled = answer(429, { Message: "Too many calls." }, { "retry-after": "2" });
    const result = await run((operation, nth) => (operation === "cabinets" && nth === 1 ? throttled : undefined));
    expect(result.outcome).toBe("passed");
    expect(docuware.waits[0]).toBe(2_000);

    docuware = new FakeDocuware();
    const again = await run((operation) => (operation === "cabinets" ? throttled : undefined));
    expect(again).toMatchObject({ failedStep: "listCabinets" });
    expect(docuware.operations().filter((one) => one === "cabinets")).toHaveLength(2);
  });

  test("does not wait for a Retry-After beyond the step's limit", async () => {
    const throttled = answer(429, { Message: "Too many calls." }, { "retry-after": "30" });
    expect(await run((operation) => (operation === "cabinets" ? throttled : undefined))).toMatchObject({
      failedStep: "listCabinets",
    });
    expect(docuware.waits).toEqual([]);
  });

  test("logs in anew and repeats once when the token is refused", async () => {
    const result = await run((operation, nth) =>
      operation === "store" && nth === 1
        ? { status: 401, headers: { "content-type": "text/html" }, body: Buffer.from("<html>") }
        : undefined,
    );
    expect(result.outcome).toBe("passed");
    expect(docuware.operations().filter((one) => one === "token")).toHaveLength(2);
    expect(docuware.operations().filter((one) => one === "store")).toHaveLength(2);
  });

  test("a step that hangs fails at its limit, and the run still cleans up", async () => {
    const result = await run((operation) => (operation === "fetch" ? "hang" : undefined), { stepMs: 30 });
    expect(result).toMatchObject({ failedStep: "fetch", severity: "critical", cleanedUp: true });
    expect(result.steps.find((one) => one.name === "fetch")?.failure?.message).toContain("Not done within 30 ms");
    expect(docuware.trash).toEqual([]);
  });

  test("a run whose time is used up never passes", async () => {
    const result = await run((operation) => {
      if (operation === "fetch") docuware.now += 55_000;
      return undefined;
    });
    expect(result).toMatchObject({ outcome: "failed", failedStep: "download", cleanedUp: true });
    expect(result.steps.find((one) => one.name === "download")?.failure?.message).toContain("was used up");
    expect(docuware.documents).toEqual([]);
  });

  test("no secret, token or content is in the result", async () => {
    for (const operation of ["token", "store", "search", "delete"] as const) {
      docuware = new FakeDocuware();
      const text = JSON.stringify(
        await run((one, _, request) =>
          one === operation
            ? answer(400, {
                error: "invalid_grant",
                error_description: String(request.body),
                Other: "pass-word-secret",
              })
            : undefined,
        ),
      );
      expect(text).not.toMatch(/pass-word-secret|token-\d|may be deleted/);
    }
  });

  test("refused credentials are a permanent failure that names the kind of account", async () => {
    const result = await run((operation) =>
      operation === "token" ? answer(400, { error: "invalid_grant" }) : undefined,
    );
    expect(result.steps[0]?.failure).toMatchObject({ class: "permanent" });
    expect(result.steps[0]?.failure?.message).toContain("alpine-foods refused the user");
    expect(result.steps[0]?.failure?.message).toContain("invalid_grant");
  });

  test("a defect is thrown, after the document was removed", async () => {
    const broken = run((operation) => {
      if (operation === "fetch") throw new TypeError("a defect");
      return undefined;
    });
    await expect(broken).rejects.toThrow("a defect");
    expect(docuware.documents).toEqual([]);
  });
});
