// What every implementation of the ControlPlane port keeps, whatever it is made of (control-plane.openapi.yaml).

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  ControlPlaneRefusal,
  type ControlPlane,
  type OperationRequest,
  type OperationStatus,
} from "../../../shared/docuware/control-plane/control-plane.ts";
import { TransientFailure } from "../../../shared/kernel/failures.ts";

export interface ControlPlaneStand {
  readonly plane: ControlPlane;
  /** An online organisation that no other test uses. */
  freshOrganisation(): string;
  readonly initialVersion: string;
  /** Lets time pass until the next look is worth it. */
  passTime(): Promise<void>;
  /** Makes the next operation of this kind refuse the call, fail after it was accepted, or never end. */
  fault(
    organisationId: string,
    kind: OperationRequest["action"]["kind"],
    effect: "refuse" | "fail" | "hang",
  ): Promise<void>;
  /** How often the operation took effect. */
  applied(organisationId: string, operationId: string): Promise<number>;
  stop(): Promise<void>;
}

type Action = OperationRequest["action"];
const MAX_LOOKS = 1_000;

export function controlPlaneSuite(name: string, create: () => Promise<ControlPlaneStand>): void {
  describe(`ControlPlane contract: ${name}`, () => {
    let stand: ControlPlaneStand;
    beforeAll(async () => {
      stand = await create();
    });
    afterAll(() => stand?.stop());

    const request = (
      organisationId: string,
      sequence: number,
      action: Action,
      scope = "campaign-1",
    ): OperationRequest => ({
      organisationId,
      operationId: `${scope}:${organisationId}:${sequence}`,
      sequence,
      sequenceScope: scope,
      action,
    });

    async function settled(sent: OperationRequest, first: OperationStatus): Promise<OperationStatus> {
      let status: OperationStatus | undefined = first;
      for (let look = 0; look < MAX_LOOKS && status?.kind === "running"; look += 1) {
        expect(status.retryAfterMs).toBeGreaterThanOrEqual(100);
        expect(status.retryAfterMs).toBeLessThanOrEqual(300_000);
        await stand.passTime();
        status = await stand.plane.poll(sent.organisationId, sent.operationId);
      }
      if (status === undefined) throw new Error(`Operation ${sent.operationId} was forgotten.`);
      return status;
    }

    async function run(sent: OperationRequest): Promise<OperationStatus> {
      return settled(sent, await stand.plane.begin(sent));
    }

    async function offline(): Promise<string> {
      const organisationId = stand.freshOrganisation();
      const status = await run(request(organisationId, 1, { kind: "takeOffline" }));
      expect(status).toEqual({ kind: "succeeded", version: stand.initialVersion });
      return organisationId;
    }

    const refusedWith = async (sent: Promise<unknown>, code: string): Promise<void> => {
      const error: unknown = await sent.then(
        () => "accepted",
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(ControlPlaneRefusal);
      expect(error).toMatchObject({ code });
    };

    test("takes an organisation through upgrade and back online", async () => {
      const id = await offline();
      expect(await stand.plane.status(id)).toEqual({ availability: "offline", version: stand.initialVersion });
      const point = await run(request(id, 2, { kind: "createRestorePoint" }));
      expect(point).toMatchObject({ kind: "succeeded", version: stand.initialVersion });
      expect(point).toHaveProperty("restorePointId");
      expect(await run(request(id, 3, { kind: "upgrade", targetVersion: "7.13.0.42" }))).toEqual({
        kind: "succeeded",
        version: "7.13.0.42",
      });
      expect(await run(request(id, 4, { kind: "bringOnline" }))).toEqual({ kind: "succeeded", version: "7.13.0.42" });
      expect(await stand.plane.status(id)).toEqual({ availability: "online", version: "7.13.0.42" });
    });

    test("restores the version of the restore point", async () => {
      const id = await offline();
      const point = await run(request(id, 2, { kind: "createRestorePoint" }));
      const restorePointId = point.kind === "succeeded" ? (point.restorePointId ?? "none") : "none";
      await run(request(id, 3, { kind: "upgrade", targetVersion: "7.13.0.42" }));
      expect(await run(request(id, 4, { kind: "restore", restorePointId }))).toEqual({
        kind: "succeeded",
        version: stand.initialVersion,
      });
      expect((await stand.plane.status(id)).version).toBe(stand.initialVersion);
    });

    test("applies an operation once however often it is sent", async () => {
      const id = await offline();
      const sent = request(id, 2, { kind: "upgrade", targetVersion: "7.13.0.42" });
      await Promise.all([stand.plane.begin(sent), stand.plane.begin(sent), stand.plane.begin(sent)]);
      expect(await run(sent)).toMatchObject({ kind: "succeeded", version: "7.13.0.42" });
      expect(await run(sent)).toMatchObject({ kind: "succeeded", version: "7.13.0.42" });
      expect(await stand.applied(id, sent.operationId)).toBe(1);
    });

    test("refuses an operation id that already names other work", async () => {
      const id = await offline();
      const sent = request(id, 2, { kind: "upgrade", targetVersion: "7.13.0.42" });
      await run(sent);
      await refusedWith(
        stand.plane.begin({ ...sent, action: { kind: "upgrade", targetVersion: "7.14" } }),
        "invalidRequest",
      );
      await refusedWith(stand.plane.begin({ ...sent, action: { kind: "bringOnline" } }), "invalidRequest");
    });

    test("answers a repeated operation even after a later one of its scope", async () => {
      const id = await offline();
      await run(request(id, 5, { kind: "bringOnline" }));
      expect(await stand.plane.begin(request(id, 1, { kind: "takeOffline" }))).toMatchObject({ kind: "succeeded" });
      expect((await stand.plane.status(id)).availability).toBe("online");
    });

    test("refuses a worker that fell behind", async () => {
      const id = await offline();
      await run(request(id, 7, { kind: "bringOnline" }));
      await refusedWith(stand.plane.begin(request(id, 3, { kind: "takeOffline" })), "staleSequence");
      expect((await stand.plane.status(id)).availability).toBe("online");
    });

    test("counts sequences per scope", async () => {
      const id = await offline();
      await run(request(id, 9, { kind: "bringOnline" }));
      expect(await run(request(id, 1, { kind: "takeOffline" }, "campaign-2"))).toMatchObject({ kind: "succeeded" });
    });

    test("refuses another scope while an operation runs", async () => {
      const id = stand.freshOrganisation();
      await stand.fault(id, "takeOffline", "hang");
      expect(await stand.plane.begin(request(id, 1, { kind: "takeOffline" }))).toMatchObject({ kind: "running" });
      await refusedWith(
        stand.plane.begin(request(id, 9, { kind: "bringOnline" }, "campaign-2")),
        "operationInProgress",
      );
    });

    test("lets a higher sequence of the same scope cancel a hung operation, which then has no effect", async () => {
      const id = await offline();
      await stand.fault(id, "upgrade", "hang");
      const hung = request(id, 3, { kind: "upgrade", targetVersion: "7.13.0.42" });
      expect(await stand.plane.begin(hung)).toMatchObject({ kind: "running" });
      expect(await run(request(id, 4, { kind: "bringOnline" }))).toMatchObject({ kind: "succeeded" });
      expect(await stand.plane.poll(id, hung.operationId)).toMatchObject({ kind: "failed" });
      expect(await stand.plane.status(id)).toEqual({ availability: "online", version: stand.initialVersion });
    });

    test.each<Action>([
      { kind: "createRestorePoint" },
      { kind: "upgrade", targetVersion: "7.13.0.42" },
      { kind: "restore", restorePointId: "any" },
    ])("refuses $kind while the organisation is online", async (action) => {
      await refusedWith(stand.plane.begin(request(stand.freshOrganisation(), 1, action)), "wrongState");
    });

    test("refuses an unknown restore point", async () => {
      const id = await offline();
      const sent = request(id, 2, { kind: "restore", restorePointId: "never-made" });
      await refusedWith(stand.plane.begin(sent), "unknownRestorePoint");
    });

    test("taking an offline organisation offline and bringing an online one online succeed", async () => {
      const id = await offline();
      expect(await run(request(id, 2, { kind: "takeOffline" }))).toMatchObject({ kind: "succeeded" });
      const online = stand.freshOrganisation();
      expect(await run(request(online, 1, { kind: "bringOnline" }))).toMatchObject({ kind: "succeeded" });
    });

    test("reports an operation that failed, with its reason and without its effect", async () => {
      const id = await offline();
      await stand.fault(id, "upgrade", "fail");
      const status = await run(request(id, 2, { kind: "upgrade", targetVersion: "7.13.0.42" }));
      expect(status.kind).toBe("failed");
      expect(status.kind === "failed" && status.reason.length).toBeGreaterThan(0);
      expect((await stand.plane.status(id)).version).toBe(stand.initialVersion);
    });

    test("a call that is not taken is transient, and asking again with the same id works", async () => {
      const id = stand.freshOrganisation();
      await stand.fault(id, "takeOffline", "refuse");
      const sent = request(id, 1, { kind: "takeOffline" });
      await expect(stand.plane.begin(sent)).rejects.toBeInstanceOf(TransientFailure);
      expect(await run(sent)).toMatchObject({ kind: "succeeded" });
      expect(await stand.applied(id, sent.operationId)).toBe(1);
    });

    test("does not know an operation that was never sent", async () => {
      expect(await stand.plane.poll(stand.freshOrganisation(), "campaign-1:never:1")).toBeUndefined();
    });

    test("refuses an unknown organisation", async () => {
      await refusedWith(stand.plane.status("no-such-organisation"), "unknownOrganisation");
      await refusedWith(
        stand.plane.begin(request("no-such-organisation", 1, { kind: "bringOnline" })),
        "unknownOrganisation",
      );
      await refusedWith(stand.plane.poll("no-such-organisation", "campaign-1:x:1"), "unknownOrganisation");
    });
  });
}
