// Which packages are in the bundle: as CycloneDX document and as licence list. Made from what the bundler read, not from
// package.json: a package that is installed but not in the bundle is not in the product.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

const lockSchema = z.object({
  packages: z.record(
    z.string(),
    z.object({ version: z.string().optional(), license: z.string().optional(), integrity: z.string().optional() }),
  ),
});

export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  /** `sha512-...` of the package as the registry gave it. */
  readonly integrity: string;
}

/**
 * The packages of the files that the bundler read, sorted by name and version.
 * @throws Error for a package that package-lock.json does not know, or whose licence is not stated there.
 */
export function bundledPackages(root: string, inputs: readonly string[]): readonly BundledPackage[] {
  const { packages } = lockSchema.parse(JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")));
  const found = new Map<string, BundledPackage>();
  for (const path of new Set(inputs.flatMap(packagePath))) {
    const name = path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
    const { version, license: licence, integrity } = packages[path] ?? {};
    if (version === undefined || licence === undefined || integrity === undefined) {
      throw new Error(`${path}: package-lock.json states no version, licence or integrity of it. Run npm install.`);
    }
    found.set(`${name}@${version}`, { name, version, licence, integrity });
  }
  return [...found.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

/** `node_modules/a/node_modules/b` of a file of package b, wherever the tree lies. */
function packagePath(input: string): string[] {
  const path = /(?:^|\/)(node_modules\/(?:.*\/node_modules\/)?(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1];
  return path === undefined ? [] : [path];
}

/** CycloneDX 1.5. Its serial number is derived from its content, so the same bundle has the same document. */
export function cycloneDx(
  app: { readonly name: string; readonly version: string },
  list: readonly BundledPackage[],
): string {
  const components = list.map(({ name, version, licence, integrity }) => ({
    type: "library",
    "bom-ref": `${name}@${version}`,
    name,
    version,
    purl: `pkg:npm/${name.replace("@", "%40")}@${version}`,
    hashes: [{ alg: "SHA-512", content: Buffer.from(integrity.replace("sha512-", ""), "base64").toString("hex") }],
    licenses: [/ (?:OR|AND|WITH) /.test(licence) ? { expression: licence } : { license: { id: licence } }],
  }));
  const component = { type: "application", "bom-ref": `${app.name}@${app.version}`, ...app };
  const digest = createHash("sha256").update(JSON.stringify({ component, components })).digest("hex");
  const serialNumber = `urn:uuid:${uuidOf(digest)}`;
  const bom = {
    bomFormat: "CycloneDX",
    specVersion: "1.5",
    serialNumber,
    version: 1,
    metadata: { component },
    components,
  };
  return `${JSON.stringify(bom, undefined, 2)}\n`;
}

/** Version 8 of RFC 9562: made of whatever the maker likes. */
const uuidOf = (hex: string): string =>
  `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;

/** One line per package, grouped by licence. */
export function licenceList(list: readonly BundledPackage[]): string {
  const groups = Map.groupBy(list, ({ licence }) => licence);
  const sorted = [...groups.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return sorted
    .map(([licence, members]) => `${licence}\n${members.map((one) => `  ${one.name} ${one.version}\n`).join("")}`)
    .join("\n");
}
