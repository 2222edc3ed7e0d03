// `npm run package`: dist/app.zip as it is deployed, and beside it what is in it (CycloneDX, licences). The same sources
// give the same bytes on every machine and in every folder.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { ZipFile } from "yazl";
import { z } from "zod";
import { writeFileAtomically } from "../local/support/files.ts";
import { bundledPackages, cycloneDx, licenceList } from "./bill-of-materials.ts";
import { bundleApp, ROOT } from "./build.ts";

const packageSchema = z.object({ name: z.string(), version: z.string() });

/** A zip file must have times; any fixed one will do. Its fields are in local time, so the zone is fixed as well. */
const MTIME = new Date("2020-01-01T00:00:00Z");
const MODE = 0o100644;

interface Packaged {
  readonly zip: Uint8Array;
  /** What the zip holds: path and size in bytes. */
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
  readonly bom: string;
  readonly licences: string;
}

/** Builds and packs the app whose sources lie in `root`. */
export async function packageApp(root = ROOT): Promise<Packaged> {
  const { name, version } = packageSchema.parse(JSON.parse(readFileSync(join(root, "package.json"), "utf8")));
  const { files: built, inputs } = await bundleApp({ root });
  const manifest = { name, version, private: true, type: "module", main: "dist/index.mjs" };
  const files = [
    { path: "host.json", bytes: readFileSync(join(root, "host.json")) },
    { path: "package.json", bytes: Buffer.from(`${JSON.stringify(manifest, undefined, 2)}\n`) },
    ...built
      .filter(({ path }) => !path.endsWith(".map"))
      .map(({ path, bytes }) => ({ path: `dist/${path}`, bytes: Buffer.from(bytes) })),
  ];
  const list = bundledPackages(root, inputs);
  return {
    zip: await zipOf(files),
    files: files.map(({ path, bytes }) => ({ path, bytes: bytes.length })),
    bom: cycloneDx({ name, version }, list),
    licences: licenceList(list),
  };
}

async function zipOf(files: readonly { readonly path: string; readonly bytes: Buffer }[]): Promise<Uint8Array> {
  process.env["TZ"] = "UTC";
  const zip = new ZipFile();
  for (const { path, bytes } of files) {
    zip.addBuffer(bytes, path, { mtime: MTIME, mode: MODE, forceDosTimestamp: true });
  }
  zip.end();
  const chunks: Buffer[] = [];
  for await (const chunk of zip.outputStream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Options: none. Writes app.zip, app.cdx.json and app.licences.txt into dist/. */
async function main(): Promise<void> {
  const { zip, files, bom, licences } = await packageApp();
  const write = (name: string, content: string | Uint8Array): void =>
    writeFileAtomically(resolve(ROOT, "dist", name), content);
  write("app.zip", zip);
  write("app.cdx.json", bom);
  write("app.licences.txt", licences);
  const script = files.filter(({ path }) => path.endsWith(".mjs"));
  const kib = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KiB`;
  for (const { path, bytes } of files) console.log(`  ${path.padEnd(50)}${kib(bytes).padStart(14)}`);
  const total = script.reduce((sum, { bytes }) => sum + bytes, 0);
  console.log(`JavaScript: ${script.length} files, ${kib(total)}`);
  console.log(`dist/app.zip: ${files.length} files, ${kib(zip.length)}`);
  console.log(`sha256 ${createHash("sha256").update(zip).digest("hex")}`);
  console.log("Beside it: dist/app.cdx.json (CycloneDX 1.5), dist/app.licences.txt");
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await main();
