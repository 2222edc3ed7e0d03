// What the browser test cannot see: the port under audit, and what gets into log and audit.

import { describe, expect, test } from "vitest";
import { customerLinkEndpoints } from "../../../functions/http/customer-links.ts";
import { TransientFailure } from "../../../shared/kernel/failures.ts";
import type { OfferRefusal } from "../../../shared/customer-links/reschedule-port.ts";
import type { AuditedAct, AuditLog, AuditOutcome } from "../../../shared/platform/audit-log.ts";
import { memoryLog } from "../../support/memory/memory-log.ts";
import { callEndpoint, endpointOf } from "../../support/call.ts";
import { linkVerbs, memoryReschedule, night, NOON, tokenOf } from "./support.ts";

const ACT: AuditedAct = {
  actor: { kind: "customer", organisationId: "alpine-foods" },
  action: "submit-reschedule",
  target: { campaignId: "c-1", organisationId: "alpine-foods" },
  details: { sequence: 0, wallStart: "2027-04-17T22:00" },
  traceId: "c-1:alpine-foods:0",
};

function createPages() {
  const world = memoryReschedule();
  const log = memoryLog();
  const written: (AuditedAct | AuditOutcome)[] = [];
  const trouble = { isAuditAway: false };
  const audit: AuditLog = {
    async intend(act) {
      if (trouble.isAuditAway) throw new TransientFailure("audit away");
      written.push(act);
      return { entryId: "1", at: NOON };
    },
    conclude: async (_, outcome) => void written.push(outcome),
    refuse: async () => undefined,
  };
  const endpoints = customerLinkEndpoints(linkVerbs({ reschedulePort: world.port, audit, log }));
  const token = tokenOf();
  return {
    world,
    log,
    written,
    trouble,
    get: (query: Record<string, string> = {}) =>
      callEndpoint(endpointOf(endpoints, "open-reschedule"), { query: { token, ...query }, hasToken: false }),
    post: (form: string, query: Record<string, string> = {}) =>
      callEndpoint(endpointOf(endpoints, "submit-reschedule"), { query: { token, ...query }, form, hasToken: false }),
    endpoints,
  };
}

describe("a choice", () => {
  test("is audited before and after, with the organisation as actor and without the link", async () => {
    const { post, get, written, log } = createPages();
    await get();
    expect(written).toEqual([]);
    expect((await post("start=2027-04-17T22%3A00")).status).toBe(200);
    expect(written).toEqual([ACT, { kind: "succeeded" }]);
    const token = tokenOf().split(".")[1];
    expect(JSON.stringify([written, log.entries])).not.toContain(token);
  });

  test("is not made when the intent cannot be written", async () => {
    const { post, trouble, world } = createPages();
    trouble.isAuditAway = true;
    const answer = await post("start=2027-04-17T22%3A00");
    expect([answer.status, world.state.offer.current]).toEqual([503, night(10)]);
  });

  test("that names no time, or no date that the calendar has, is not even tried", async () => {
    for (const start of ["", "2027-02-30T22:00", "tomorrow", "x".repeat(100)]) {
      const { post, world } = createPages();
      expect([400, 409]).toContain((await post(`start=${encodeURIComponent(start)}`)).status);
      expect(world.state.calls.filter((call) => call.startsWith("choose"))).toEqual([]);
    }
  });
});

test.each<[OfferRefusal["kind"], number, RegExp]>([
  ["linkUsed", 410, /This link no longer holds/u],
  ["started", 409, /already running/u],
  ["ended", 410, /nothing left to change/u],
  ["notOffered", 409, /no longer free[^]*href="\?token=[^"]+language=en"/u],
  ["changedMeanwhile", 409, /try once more[^]*href="\?token=[^"]+language=en"/u],
  ["unknown", 404, /do not know this appointment/u],
])("refused as %s: the same page for looking and choosing, and audited", async (kind, status, text) => {
  const { get, post, world, written } = createPages();
  world.state.refuse = { kind };
  for (const answer of [await get({ language: "en" }), await post("start=2027-04-17T22%3A00", { language: "en" })]) {
    expect(answer.status).toBe(status);
    expect(answer.body).toMatch(text);
  }
  expect(written).toEqual([ACT, { kind: "refused", code: kind }]);
});

test("what a mail filter adds to the address is left alone", async () => {
  const { get } = createPages();
  expect((await get({ utm_source: "mail", language: "xx" })).status).toBe(200);
});

test("only submitting is a change, and the layer above does not write the link down for it", () => {
  const { endpoints } = createPages();
  expect(endpoints.map(({ method, isAudited, role }) => [method, isAudited, role])).toEqual([
    ["GET", false, "public"],
    ["POST", false, "public"],
    ["GET", false, "public"],
  ]);
});
