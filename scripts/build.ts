// Builds the app as Azure runs it: ESM files with everything in them but the module that the Functions worker provides.
// What is imported on demand (SDKs, telemetry) becomes a file of its own, which a cold start does not read.

import { build as bundle, type BuildOptions, type OutputFile } from "esbuild";
import { readdirSync, rmSync, statSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { writeFileAtomically } from "../local/support/files.ts";
import { BUNDLE_PLUGINS } from "./bundle-plugins.ts";
import { mergeChunks, smallChunks, type Chunk } from "./merge-chunks.ts";

export const ROOT = resolve(import.meta.dirname, "..");

/** Bundled CommonJS packages call `require`, which an ES module does not have. */
const REQUIRE = "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);";
/** A local host that still runs an older build may load its files for the first time until then. */
const KEEP_OLD_CHUNKS_MS = 60 * 60_000;

export interface BuiltFile {
  /** Relative to the output folder, with `/`. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

export interface Bundle {
  /** The entry is `index.mjs`. */
  readonly files: readonly BuiltFile[];
  /** What of each source is in it, relative to `root`. */
  readonly inputs: readonly string[];
}

const OPTIONS = {
  format: "esm",
  platform: "node",
  target: "node22",
  minify: true,
  legalComments: "none",
  logLevel: "warning",
} as const satisfies BuildOptions;

/**
 * The same sources give the same bytes, wherever they lie. Nothing refers to the source maps, but their making changes the
 * names of the files: leave them out only where nobody will look for them.
 */
export async function bundleApp({ root = ROOT, entry = "functions/main.ts", withMaps = true } = {}): Promise<Bundle> {
  const outdir = join(root, "dist");
  const pathOf = (file: string): string => relative(outdir, resolve(root, file)).replaceAll("\\", "/");
  const { outputFiles, metafile } = await bundle({
    ...OPTIONS,
    absWorkingDir: root,
    entryPoints: { index: entry },
    outdir,
    outExtension: { ".js": ".mjs" },
    chunkNames: "chunks/[name]-[hash]",
    bundle: true,
    // Names come from where a file is asked for, not from where it lies: part of the same bytes everywhere.
    preserveSymlinks: true,
    splitting: true,
    // `open` starts a browser for an interactive sign-in: never in Azure, and not a file worth having.
    external: ["@azure/functions-core", "open"],
    banner: { js: REQUIRE },
    sourcemap: withMaps ? "external" : false,
    plugins: [...BUNDLE_PLUGINS],
    metafile: true,
    write: false,
  });
  const outputs = new Map(Object.entries(metafile.outputs).map(([file, output]) => [pathOf(file), output]));
  const merged = await mergeChunks(chunksOf(outputFiles, pathOf), {
    small: smallChunks(metafile.outputs, pathOf),
    exportsOf: (path) => outputs.get(path)?.exports ?? [],
    options: { ...OPTIONS, sourcemap: withMaps ? "external" : false },
  });
  const used = [...outputs.values()].flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : [])),
  );
  return {
    files: merged
      .map(({ path, contents }) => ({ path, bytes: contents }))
      .toSorted((a, b) => (a.path < b.path ? -1 : 1)),
    inputs: [...new Set(used)].toSorted(),
  };
}

/** The second step reads a map from the end of the code, where the first must not write it: it would count as code. */
function chunksOf(files: readonly OutputFile[], pathOf: (file: string) => string): readonly Chunk[] {
  const maps = new Map(files.map(({ path, contents }) => [path, contents]));
  return files.flatMap(({ path, text }) => {
    if (path.endsWith(".map")) return [];
    const map = maps.get(`${path}.map`);
    const url = map === undefined ? undefined : `data:application/json;base64,${Buffer.from(map).toString("base64")}`;
    return [{ path: pathOf(path), text: url === undefined ? text : `${text}\n//# sourceMappingURL=${url}\n` }];
  });
}

/** Builds into `dist/`. */
export async function build(): Promise<void> {
  const outdir = join(ROOT, "dist");
  const { files } = await bundleApp();
  // The entry last: it must never name a file that is not there yet.
  for (const { path, bytes } of files.toSorted(
    (a, b) => Number(a.path === "index.mjs") - Number(b.path === "index.mjs"),
  )) {
    writeFileAtomically(join(outdir, path), bytes);
  }
  removeOldChunks(join(outdir, "chunks"), new Set(files.map(({ path }) => path)));
}

function removeOldChunks(folder: string, present: ReadonlySet<string>): void {
  for (const name of readdirSync(folder)) {
    const file = join(folder, name);
    const isOld = statSync(file).mtimeMs < Date.now() - KEEP_OLD_CHUNKS_MS;
    if (isOld && !present.has(`chunks/${name}`)) rmSync(file);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await build();
