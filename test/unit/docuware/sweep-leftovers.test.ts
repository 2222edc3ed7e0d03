import { beforeEach, describe, expect, test } from "vitest";
import { sweepLeftovers } from "../../../shared/docuware/functional-suite/functional-clean-up.ts";
import { newMarker } from "../../../shared/docuware/functional-suite/test-document.ts";
import { seededIds } from "../../support/memory/seeded-ids.ts";
import { answer, FakeDocuware, PASSWORD_TARGET } from "./fake-docuware.ts";

const HOUR = 3_600_000;
let docuware: FakeDocuware;
beforeEach(() => {
  docuware = new FakeDocuware();
});
const sweep = () => {
  const { clock, wait } = docuware;
  return sweepLeftovers(PASSWORD_TARGET, { http: docuware, clock, wait, ids: seededIds("sweep") });
};
const markerOf = (hoursAgo: number, id: string): string => newMarker(docuware.now - hoursAgo * HOUR, id);
const subjects = (): readonly string[] => docuware.documents.map((one) => one.subject);

describe("sweepLeftovers", () => {
  test("removes what old runs left, before and after their update, and nothing else", async () => {
    const young = markerOf(2, "young");
    docuware.add(markerOf(30, "old"), docuware.now - 30 * HOUR);
    docuware.add(`${markerOf(40, "older")}-NEW`, docuware.now - 40 * HOUR);
    docuware.add(young, docuware.now - 2 * HOUR);
    docuware.add("OPSCHECK-LIST 1990", docuware.now - 90 * HOUR);
    docuware.add("An invoice", docuware.now - 90 * HOUR);
    expect(await sweep()).toEqual({ documents: 2, trashItems: 2 });
    expect(subjects()).toEqual([young, "OPSCHECK-LIST 1990", "An invoice"]);
    expect(docuware.trash).toEqual([]);
  });

  test("does not believe a marker that is older than its document", async () => {
    docuware.add(markerOf(30, "copied"), docuware.now - HOUR);
    expect(await sweep()).toEqual({ documents: 0, trashItems: 0 });
    expect(docuware.documents).toHaveLength(1);
  });

  test("purges what earlier runs left in the trash bin, and only that", async () => {
    docuware.trash.push(
      { id: 7, subject: markerOf(30, "old"), bytes: Buffer.alloc(0), createdAt: 0 },
      { id: 8, subject: "An invoice", bytes: Buffer.alloc(0), createdAt: 0 },
      { id: 9, subject: markerOf(1, "young"), bytes: Buffer.alloc(0), createdAt: 0 },
    );
    expect(await sweep()).toEqual({ documents: 0, trashItems: 1 });
    expect(docuware.trash.map((one) => one.id)).toEqual([8, 9]);
  });

  test("finds them behind many other deletions", async () => {
    for (let id = 1_000; id < 3_500; id += 1) {
      docuware.trash.push({ id, subject: "An invoice", bytes: Buffer.alloc(0), createdAt: 0 });
    }
    docuware.trash.push({ id: 7, subject: markerOf(30, "old"), bytes: Buffer.alloc(0), createdAt: 0 });
    expect(await sweep()).toEqual({ documents: 0, trashItems: 1 });
    expect(docuware.operations().filter((one) => one === "trashQuery")).toHaveLength(3);
  });

  test("logs off also after a failure, and tells the failure", async () => {
    docuware.hook = (operation) => (operation === "search" ? answer(503, { Message: "Down." }) : undefined);
    await expect(sweep()).rejects.toThrow("Down.");
    expect(docuware.operations()).toContain("logoff");
  });
});
