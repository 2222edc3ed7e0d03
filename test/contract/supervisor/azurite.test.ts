// Azurite as a part of the stack: what it has answered is still there after it was killed.
import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { AzureNamedKeyCredential, TableClient, TableServiceClient } from "@azure/data-tables";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { freePort } from "../../support/free-port.ts";

const MAIN = fileURLToPath(new URL("../../../local/main.ts", import.meta.url));
const KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
const credential = new AzureNamedKeyCredential("devstoreaccount1", KEY);

let data: string;
let ports: readonly number[];
let azurite: ChildProcess;
let printed = "";

beforeEach(async () => {
  data = mkdtempSync(join(tmpdir(), "azurite-"));
  ports = [await freePort(), await freePort(), await freePort()];
  await start();
});
afterEach(async () => {
  await end("SIGKILL");
  rmSync(data, { recursive: true });
});

async function start(): Promise<void> {
  const [blob = 0, queue = 0, tables = 0] = ports;
  const args = ["--blob-port", `${blob}`, "--queue-port", `${queue}`, "--table-port", `${tables}`, "--data", data];
  azurite = spawn(process.execPath, [MAIN, "azurite", ...args], { stdio: ["ignore", "pipe", "pipe"] });
  azurite.stderr?.on("data", (chunk: Buffer) => (printed += chunk.toString()));
  await new Promise<void>((resolve, reject) => {
    azurite.once("exit", (code) => reject(new Error(`azurite ended with ${code}`)));
    azurite.stdout?.on("data", (chunk: Buffer) => (/\bready\b/u.test(chunk.toString()) ? resolve() : undefined));
  });
}

async function end(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
  if (azurite.exitCode !== null || azurite.signalCode !== null) return;
  const gone = new Promise((resolve) => azurite.once("exit", resolve));
  azurite.kill(signal);
  await gone;
}

const url = () => `http://127.0.0.1:${ports[2]}/devstoreaccount1`;
const table = (name = "Things") => new TableClient(url(), name, credential, { allowInsecureConnection: true });

async function rowsOf(name = "Things"): Promise<Record<string, unknown>> {
  const rows: Record<string, unknown> = {};
  for await (const row of table(name).listEntities()) rows[String(row.rowKey)] = row["value"];
  return rows;
}

describe("azurite part", () => {
  test("what was answered survives a kill, and a second one, whole transactions included", async () => {
    await table().createTable();
    await table().createEntity({ partitionKey: "p", rowKey: "inserted", value: 1 });
    await table().createEntity({ partitionKey: "p", rowKey: "changed", value: "old" });
    await table().createEntity({ partitionKey: "p", rowKey: "removed", value: 3 });
    await table().updateEntity({ partitionKey: "p", rowKey: "changed", value: "new" }, "Replace");
    await table().updateEntity({ partitionKey: "p", rowKey: "inserted", more: true }, "Merge");
    await table().deleteEntity("p", "removed");
    await table().submitTransaction([
      ["create", { partitionKey: "p", rowKey: "in-batch", value: 4 }],
      ["update", { partitionKey: "p", rowKey: "changed", value: "newest" }, "Replace"],
    ]);
    const before = await table().getEntity("p", "changed");
    await end("SIGKILL");
    await start();
    const expected = { inserted: 1, changed: "newest", "in-batch": 4 };
    expect(await rowsOf()).toEqual(expected);
    const after = await table().getEntity("p", "changed");
    expect(after.etag).toBe(before.etag);
    expect((await table().getEntity("p", "inserted"))["more"]).toBe(true);
    await table().createEntity({ partitionKey: "p", rowKey: "later", value: 5 });
    await end("SIGKILL");
    await start();
    expect(await rowsOf()).toEqual({ ...expected, later: 5 });
    // Conditional writes go on where they were.
    const stale = { partitionKey: "p", rowKey: "changed", value: "lost" };
    await expect(table().updateEntity(stale, "Replace", { etag: 'W/"other"' })).rejects.toMatchObject({
      statusCode: 412,
    });
    await table().updateEntity({ ...stale, value: "won" }, "Replace", { etag: after.etag });
  });

  test("a refused transaction leaves nothing behind, before and after a kill", async () => {
    await table().createTable();
    await table().createEntity({ partitionKey: "p", rowKey: "there", value: 1 });
    const refused = table().submitTransaction([
      ["update", { partitionKey: "p", rowKey: "there", value: 2 }, "Replace"],
      ["create", { partitionKey: "p", rowKey: "new", value: 2 }],
      ["delete", { partitionKey: "p", rowKey: "missing" }],
    ]);
    await expect(refused).rejects.toMatchObject({ statusCode: 404 });
    expect(await rowsOf()).toEqual({ there: 1 });
    await end("SIGKILL");
    await start();
    expect(await rowsOf()).toEqual({ there: 1 });
  });

  test("tables made, dropped and made again survive", async () => {
    await table().createTable();
    await table().createEntity({ partitionKey: "p", rowKey: "old", value: 1 });
    await table().deleteTable();
    await table().createTable();
    await table().createEntity({ partitionKey: "p", rowKey: "new", value: 2 });
    await table("Gone").createTable();
    await table("Gone").deleteTable();
    await table().createEntity({ partitionKey: "p", rowKey: "later", value: 3 });
    await end("SIGKILL");
    await start();
    expect(await rowsOf()).toEqual({ new: 2, later: 3 });
    const service = new TableServiceClient(url(), credential, { allowInsecureConnection: true });
    const names: (string | undefined)[] = [];
    for await (const one of service.listTables()) names.push(one.name);
    expect(names).toContain("Things");
    expect(names).not.toContain("Gone");
  });

  test("data of an earlier version of this project is refused with one sentence", async () => {
    await end("SIGKILL");
    rmSync(data, { recursive: true });
    mkdirSync(data);
    writeFileSync(join(data, "__azurite_db_table__.json"), "{}");
    await expect(start()).rejects.toThrow("azurite ended with 1");
    expect(printed).toMatch(/earlier version of this project; remove .* to start anew/u);
  });

  test("an orderly stop keeps everything too", async () => {
    await table().createTable();
    await table().createEntity({ partitionKey: "p", rowKey: "kept", value: 1 });
    await end("SIGTERM");
    await start();
    expect(await rowsOf()).toEqual({ kept: 1 });
  });
});
