import { describe, expect, test } from "vitest";
import type { NewIncident } from "../../../shared/incidents/core/incident.ts";
import type { Notice } from "../../../shared/notices/core/notice.ts";
import { advanceCampaign } from "../../../shared/upgrades/campaigns/advance-campaign.ts";
import { preflightOf } from "../../../shared/upgrades/upgrade/preflight.ts";
import { notifiedBeforeOffline } from "../../../shared/upgrades/upgrade/notified-before-offline.ts";
import { MINUTE, NOON } from "../../support/upgrades.ts";
import { aNotice } from "../notices/support.ts";
import { approvedCampaign, createWorld, upgradeOf } from "./support.ts";

const WAIT_MS = 15 * MINUTE;
const ORG = "org-000";

/** A hotfix that runs; `notice` is what becomes of its first customer's mail. */
async function running() {
  const world = await createWorld();
  const incidents = new Map<string, NewIncident>();
  const mail: { notice: Partial<Notice> | undefined } = { notice: {} };
  const looked = notifiedBeforeOffline({
    ...world.deps,
    noticesOf: async () => (mail.notice === undefined ? [] : [{ notice: aNotice({ ...mail.notice, kind: "hotfix" }) }]),
    raiseIncident: async (incident) => void incidents.set(incident.incidentId, incident),
    noticeWaitMs: WAIT_MS,
  });
  const deps = { ...world.deps, preflight: () => preflightOf([looked]) };
  await approvedCampaign(world, { kind: "hotfix" });
  const appointment = { ...aNotice().appointment, start: NOON, end: NOON + 60 * MINUTE };
  mail.notice = { appointment };
  const look = async (minutes: number) => {
    world.time.now = NOON + minutes * MINUTE;
    await advanceCampaign(deps, "c-1", false);
    return (await upgradeOf(world, ORG)).state;
  };
  const reason = async () => (await world.store.history("c-1", ORG)).at(-1)?.reason;
  return { world, incidents, mail, appointment, look, reason };
}

describe("a hotfix", () => {
  test("waits until the mail to the customer is accepted, and no longer", async () => {
    const { incidents, mail, appointment, look, reason } = await running();
    expect(await look(0)).toBe("scheduled");
    expect(await look(5)).toBe("scheduled");
    mail.notice = { appointment, status: "accepted", acceptedAt: NOON + 5 * MINUTE };
    expect(await look(6)).toBe("goingOffline");
    expect(await reason()).toBeUndefined();
    expect(incidents.size).toBe(0);
  });

  test("remembers until when its customer was told it would be offline; nothing where nobody was told", async () => {
    const told = await running();
    told.mail.notice = { appointment: told.appointment, status: "accepted", acceptedAt: NOON };
    await told.look(0);
    expect(await upgradeOf(told.world, ORG)).toMatchObject({ announcedEnd: NOON + 60 * MINUTE });
    const untold = await running();
    untold.mail.notice = { appointment: untold.appointment, status: "failed" };
    await untold.look(0);
    expect((await upgradeOf(untold.world, ORG)).announcedEnd).toBeUndefined();
  });

  test("goes on after a while without it, and says so to support and in the history", async () => {
    const { incidents, look, reason } = await running();
    expect(await look(0)).toBe("scheduled");
    expect(await look(14.9)).toBe("scheduled");
    expect(await look(15)).toBe("goingOffline");
    expect(await reason()).toBe("its customer was not told in time: the mail was not accepted");
    expect([...incidents.values()]).toMatchObject([{ severity: 2, kind: "hotfixNotToldInTime" }]);
  });

  test("does not wait for a mail that has failed already", async () => {
    const { mail, appointment, look, reason } = await running();
    mail.notice = { appointment, status: "failed" };
    expect(await look(0)).toBe("goingOffline");
    expect(await reason()).toBe("its customer could not be told");
  });

  test("waits for a mail that nobody has asked for yet", async () => {
    const { mail, look } = await running();
    mail.notice = undefined;
    expect(await look(1)).toBe("scheduled");
  });

  test("does not begin earlier than the customer was told; the wait for its mail begins then", async () => {
    const { mail, appointment, look } = await running();
    const later = { ...appointment, start: NOON + 30 * MINUTE };
    mail.notice = { appointment: later, status: "accepted", acceptedAt: NOON };
    expect(await look(29)).toBe("scheduled");
    mail.notice = { appointment: later };
    expect(await look(44)).toBe("scheduled");
    expect(await look(45)).toBe("goingOffline");
  });
});
