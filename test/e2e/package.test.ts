// The deployable zip: the same bytes from every folder, and able to start where nothing but its own files is.

import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inflateRawSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import sample from "../../local.settings.sample.json" with { type: "json" };
import { writeFileAtomically } from "../../local/support/files.ts";
import { startIngestionSink } from "../../local/telemetry/sink.ts";
import { ROOT } from "../../scripts/build.ts";
import { packageApp } from "../../scripts/package.ts";
import { startFunctions } from "../contract/telemetry/functions-process.ts";
import { FUNCTIONS } from "../../shared/capabilities.ts";

const SOURCES = [
  "functions",
  "shared",
  "infra",
  "local.settings.sample.json",
  "host.json",
  "package.json",
  "package-lock.json",
];
const MAX_SCRIPTS = 20;
const MAX_SCRIPT_BYTES = 4.6e6;
const folder = mkdtempSync(join(tmpdir(), "package-"));
let packaged: Awaited<ReturnType<typeof packageApp>>;

beforeAll(async () => {
  packaged = await packageApp();
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Nobody listens at these addresses: starting must not need anybody. */
const SETTINGS = {
  ...sample.Values,
  DATA_STORAGE: "UseDevelopmentStorage=true",
  ServiceBus: "Endpoint=sb://127.0.0.1:9;SharedAccessKeyName=R;SharedAccessKey=S;UseDevelopmentEmulator=true;",
  AzureWebJobsStorage: "UseDevelopmentStorage=true",
  AUTH_ISSUER: "http://127.0.0.1:9",
  AUTH_AUDIENCE: "api://docuware-operations",
  CONTROL_PLANE_URL: "http://127.0.0.1:9",
  PROBE_CLIENT_ID: "probe-client",
  PROBE_CLIENT_SECRET: "local",
  MAIL_CONNECTION_STRING: "endpoint=http://127.0.0.1:9/;accesskey=YQ==",
};

test("builds in two folders give the same bytes", async () => {
  const [one, two] = [join(folder, "one"), join(folder, "an other", "deeper", "path")];
  for (const name of SOURCES) cpSync(join(ROOT, name), join(one, name), { recursive: true });
  cpSync(one, two, { recursive: true });
  for (const root of [one, two]) symlinkSync(join(ROOT, "node_modules"), join(root, "node_modules"));
  const [first, second] = [await packageApp(one), await packageApp(two)];
  expect(digest(second.zip)).toBe(digest(first.zip));
  expect(second.bom).toBe(first.bom);
  expect(second.licences).toBe(first.licences);
});

const digest = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

test("it holds the bundle, host.json and package.json, and no more than it may", () => {
  const paths = packaged.files.map(({ path }) => path);
  const scripts = packaged.files.filter(({ path }) => /^dist\/(?:index|chunks\/[\w-]+)\.mjs$/u.test(path));
  expect(paths.filter((path) => !path.endsWith(".mjs"))).toEqual(["host.json", "package.json"]);
  expect(scripts).toHaveLength(paths.length - 2);
  expect(scripts.length).toBeLessThanOrEqual(MAX_SCRIPTS);
  expect(scripts.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(MAX_SCRIPT_BYTES);
});

test("its bill of materials names what is in it", () => {
  const bom = JSON.parse(packaged.bom) as { components: { name: string; licenses: object[] }[] };
  const names = bom.components.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(["zod", "@azure/data-tables", "@azure/monitor-opentelemetry"]));
  expect(names).not.toContain("vitest");
  expect(bom.components.every(({ licenses }) => licenses.length === 1)).toBe(true);
  expect(packaged.licences).toMatch(/^MIT$/mu);
});

test("unzipped into an empty folder, with no node_modules, it starts and answers", async () => {
  const empty = mkdtempSync(join(folder, "empty-"));
  for (const { path, bytes } of unzip(Buffer.from(packaged.zip))) writeFileAtomically(join(empty, path), bytes);
  expect(readdirSync(empty).toSorted()).toEqual(["dist", "host.json", "package.json"]);
  const sink = await startIngestionSink({ port: 0 });
  const app = await startFunctions(empty, {
    ...SETTINGS,
    APPLICATIONINSIGHTS_CONNECTION_STRING: sink.connectionString,
  });
  try {
    expect(app.inError).toBe(0);
    expect(app.functions).toBeGreaterThanOrEqual(FUNCTIONS.length);
    expect((await fetch(`${app.url}/api/health/live`)).status).toBe(200);
    // Looks for the storage, so the SDK was found; that nobody answers there is another matter.
    const ready = (await (await fetch(`${app.url}/api/health/ready`)).json()) as {
      checks: { name: string; ok: boolean }[];
    };
    expect(ready.checks).toContainEqual(expect.objectContaining({ name: "storage", ok: false }));
    expect(app.text()).not.toContain("Cannot find");
    expect(app.text()).not.toContain("is not in this bundle");
  } finally {
    expect(await app.stop(), app.text().slice(-2000)).toBe(0);
    await sink.stop();
  }
});

interface Unzipped {
  readonly path: string;
  readonly bytes: Buffer;
}

/** By the central directory at its end (PKWARE APPNOTE 4.3), without the tool that wrote it. */
function unzip(zip: Buffer): readonly Unzipped[] {
  const end = zip.lastIndexOf(Buffer.from("PK\u0005\u0006", "latin1"));
  const files: Unzipped[] = [];
  for (let at = zip.readUInt32LE(end + 16), left = zip.readUInt16LE(end + 10); left > 0; left -= 1) {
    const [nameLength, extra, comment] = [
      zip.readUInt16LE(at + 28),
      zip.readUInt16LE(at + 30),
      zip.readUInt16LE(at + 32),
    ];
    const path = zip.toString("utf8", at + 46, at + 46 + nameLength);
    const local = zip.readUInt32LE(at + 42);
    const data = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    const packed = zip.subarray(data, data + zip.readUInt32LE(at + 20));
    files.push({ path, bytes: zip.readUInt16LE(at + 10) === 8 ? inflateRawSync(packed) : packed });
    at += 46 + nameLength + extra + comment;
  }
  return files;
}
