// Builds the app as Azure runs it: one ESM file with everything in it but the module that the Functions worker provides.

import { build as bundle } from "esbuild";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const root = resolve(import.meta.dirname, "..");

/** Bundled CommonJS packages call `require`, which an ES module does not have. */
const REQUIRE = "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);";

export async function build(outfile = resolve(root, "dist/index.mjs")): Promise<void> {
  await bundle({
    absWorkingDir: root,
    entryPoints: ["functions/index.ts"],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node22",
    external: ["@azure/functions-core"],
    banner: { js: REQUIRE },
    sourcemap: true,
    legalComments: "none",
    logLevel: "warning",
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await build();
