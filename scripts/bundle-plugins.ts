// What is left out of the bundle: parts of packages that this app can never reach. Each is replaced by something that
// says so, so that a wrong guess here is a clear error and no silent gap.

import { readFile } from "node:fs/promises";
import type { Plugin } from "esbuild";

/**
 * Exporters, propagators, declarative configuration and automatic instrumentations of OpenTelemetry: azure-monitor.ts
 * names its own exporter and switches everything automatic off. Live metrics, usage statistics of the SDK and the browser
 * are off as well.
 */
const UNUSED_PACKAGES =
  /^(?:@opentelemetry\/(?:exporter-.*|otlp-.*|propagator-.*|configuration|instrumentation-.*)|@azure\/opentelemetry-instrumentation-azure-sdk|@microsoft\/applicationinsights-web-snippet)$/;
const UNUSED_FILES = /\/(?:liveMetrics|customerSDKStats|networkStatsbeatMetrics|longIntervalStatsbeatMetrics)\.js$/;
const AZURE_MONITOR = /[\\/]@azure[\\/]monitor-opentelemetry/;

/**
 * Every name is a class that says why it cannot be made. The names sit on the prototype, where an ES module's import of a
 * CommonJS one looks them up.
 */
const unreachable = (what: string): string => `
module.exports = Object.create(new Proxy({}, {
  get: (_, name) => typeof name !== "string" || name === "__esModule" ? undefined : class {
    constructor() {
      throw new Error(name + " of ${what} is not in this bundle (scripts/bundle-plugins.ts).");
    }
  },
}));`;

/** Replacements live in a namespace of their own: a package that says `"type": "module"` would not let them be CommonJS. */
const withoutUnreachable: Plugin = {
  name: "without what cannot be reached",
  setup(esbuild) {
    esbuild.onResolve({ filter: UNUSED_PACKAGES }, ({ path }) => ({ path, namespace: "unreachable" }));
    esbuild.onResolve({ filter: UNUSED_FILES }, ({ path, importer }) =>
      AZURE_MONITOR.test(importer) ? { path, namespace: "unreachable" } : undefined,
    );
    esbuild.onLoad({ filter: /.*/, namespace: "unreachable" }, ({ path }) => ({ contents: unreachable(path) }));
  },
};

/** Messages in 60 languages, of which the app uses none but English. */
const onlyEnglish: Plugin = {
  name: "only English messages of zod",
  setup(esbuild) {
    esbuild.onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({
      contents: 'export { default as en } from "./en.js";',
    }));
  },
};

/** Of zod what is used, and not half a megabyte of sources: the bundler sees through `* as z`, and not through `{ z }`. */
const usedZod: Plugin = {
  name: "zod as far as it is used",
  setup(esbuild) {
    esbuild.onLoad({ filter: /[\\/](?:shared|functions)[\\/].*\.ts$/ }, async ({ path }) => ({
      contents: (await readFile(path, "utf8")).replace(/^import \{ z \} from "zod";$/m, 'import * as z from "zod";'),
      loader: "ts",
    }));
  },
};

/** OpenTelemetry reads the machine's id with a program of each operating system; in Azure it means nothing. */
const withoutMachineId: Plugin = {
  name: "without the machine's id",
  setup(esbuild) {
    esbuild.onResolve({ filter: /\/getMachineId$/ }, ({ path }) => ({ path, namespace: "machine-id" }));
    esbuild.onLoad({ filter: /.*/, namespace: "machine-id" }, () => ({
      contents: "export const getMachineId = async () => undefined;",
    }));
  },
};

export const BUNDLE_PLUGINS: readonly Plugin[] = [withoutUnreachable, onlyEnglish, usedZod, withoutMachineId];
