// What is compared: the packaged app, the same app unbundled, and a bare app of one HTTP function.

import { cpSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { build, type Plugin } from "esbuild";
import { writeFileAtomically } from "../../local/support/files.ts";
import { bundleApp, ROOT } from "../../scripts/build.ts";

export interface Variants {
  readonly bare: string;
  readonly packaged: string;
  readonly unbundled: string;
  /** The JavaScript of the package. */
  readonly scripts: { readonly files: number; readonly bytes: number };
}

/** Builds all of them into `folder`; answers with their entry points. */
export async function buildVariants(folder: string): Promise<Variants> {
  const { files: scripts } = await bundleApp({ withMaps: false });
  for (const { path, bytes } of scripts) writeFileAtomically(join(folder, "packaged", path), bytes);
  await buildBare(join(folder, "bare", "index.mjs"));
  await buildUnbundled(join(folder, "unbundled"));
  return {
    bare: join(folder, "bare", "index.mjs"),
    packaged: join(folder, "packaged", "index.mjs"),
    unbundled: join(folder, "unbundled", "functions", "index.mjs"),
    scripts: { files: scripts.length, bytes: scripts.reduce((sum, { bytes }) => sum + bytes.length, 0) },
  };
}

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
  mkdirSync(outdir, { recursive: true });
  cpSync(join(ROOT, "infra"), join(outdir, "infra"), { recursive: true });
  symlinkSync(join(ROOT, "node_modules"), join(outdir, "node_modules"));
}
