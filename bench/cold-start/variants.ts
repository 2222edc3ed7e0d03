// What is compared: the packaged app, the same app unbundled, and a bare app of one HTTP function.

import { cpSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { build, type Plugin } from "esbuild";
import { writeFileAtomically } from "../../local/support/files.ts";
import { bundleApp, ROOT } from "../../scripts/build.ts";

export interface Variants {
  readonly bare: string;
  readonly packaged: string;
  /** The same with what it loads with its first call. */
  readonly firstCall: string;
  /** Every module a file of its own, and all of them loaded at the start. */
  readonly unbundled: string;
  /** The JavaScript of the package. */
  readonly scripts: { readonly files: number; readonly bytes: number };
}

/** Builds all of them into `folder`; answers with their entry points. */
export async function buildVariants(folder: string): Promise<Variants> {
  const { files: scripts } = await bundleApp({ withMaps: false });
  for (const { path, bytes } of scripts) writeFileAtomically(join(folder, "packaged", path), bytes);
  const functions = scripts.find(({ path }) => path.startsWith("chunks/functions-"))?.path ?? "";
  writeFileAtomically(join(folder, "packaged", "first-call.mjs"), Buffer.from(bothOf("index.mjs", functions)));
  await buildBare(join(folder, "bare", "index.mjs"));
  await buildUnbundled(join(folder, "unbundled"));
  return {
    bare: join(folder, "bare", "index.mjs"),
    packaged: join(folder, "packaged", "index.mjs"),
    firstCall: join(folder, "packaged", "first-call.mjs"),
    unbundled: join(folder, "unbundled", "functions", "all.mjs"),
    scripts: { files: scripts.length, bytes: scripts.reduce((sum, { bytes }) => sum + bytes.length, 0) },
  };
}

const bothOf = (first: string, second: string): string => `await import("./${first}");\nawait import("./${second}");\n`;

async function buildBare(outfile: string): Promise<void> {
  const contents = `import { app } from "@azure/functions";
    app.http("one", { methods: ["GET"], authLevel: "anonymous", handler: async () => ({ status: 204 }) });`;
  await build({
    stdin: { contents, resolveDir: ROOT },
    outfile,
    bundle: true,
    minify: true,
    format: "esm",
    platform: "node",
    target: "node22",
    external: ["@azure/functions-core"],
    banner: { js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);" },
    logLevel: "warning",
  });
}

/** Every module stays a file of its own and finds its packages in node_modules, as tsc would leave it. */
const everyFileAlone: Plugin = {
  name: "every file alone",
  setup(esbuild) {
    esbuild.onResolve({ filter: /.*/ }, ({ kind, path }) =>
      kind === "entry-point" ? undefined : { path: path.replace(/\.ts$/, ".mjs"), external: true },
    );
  },
};

async function buildUnbundled(outdir: string): Promise<void> {
  await build({
    absWorkingDir: ROOT,
    entryPoints: ["functions/**/*.ts", "shared/**/*.ts"],
    outdir,
    outbase: ".",
    outExtension: { ".js": ".mjs" },
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node22",
    plugins: [everyFileAlone],
    logLevel: "warning",
  });
  writeFileAtomically(join(outdir, "functions", "all.mjs"), Buffer.from(bothOf("main.mjs", "index.mjs")));
  cpSync(join(ROOT, "infra"), join(outdir, "infra"), { recursive: true });
  const isData = (path: string): boolean => path.endsWith(".json") || statSync(path).isDirectory();
  cpSync(join(ROOT, "shared"), join(outdir, "shared"), { recursive: true, filter: isData });
  symlinkSync(join(ROOT, "node_modules"), join(outdir, "node_modules"));
}
