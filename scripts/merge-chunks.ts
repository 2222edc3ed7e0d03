// The bundler makes a file of its own of everything that two on-demand parts share, however small. Reading many tiny files
// costs a cold start more than their content: this puts the small ones into one.

import { createHash } from "node:crypto";
import { build, type BuildOptions, type Metafile, type Plugin } from "esbuild";
import { basename, dirname, join } from "node:path";

export interface Chunk {
  readonly path: string;
  readonly text: string;
}

const SMALL_BYTES = 20 * 1024;

/** Paths, relative to the output folder, of the chunks that become one: small, and needing nothing but each other. */
export function smallChunks(outputs: Metafile["outputs"], pathOf: (output: string) => string): ReadonlySet<string> {
  const onDemand = new Set(
    Object.values(outputs).flatMap(({ imports }) =>
      imports.flatMap(({ kind, path }) => (kind === "dynamic-import" ? [path] : [])),
    ),
  );
  const candidates = Object.entries(outputs).filter(
    ([output, { bytes, entryPoint }]) =>
      output.endsWith(".mjs") && bytes < SMALL_BYTES && entryPoint === undefined && !onDemand.has(output),
  );
  const small = new Map(candidates);
  const needsOthers = ({ imports }: Metafile["outputs"][string]): boolean =>
    imports.some(({ path, external }) => external !== true && !small.has(path));
  for (let dropped = true; dropped;) {
    dropped = false;
    for (const [output, chunk] of small) if (needsOthers(chunk)) dropped = small.delete(output) || dropped;
  }
  // One alone would only get another name.
  return new Set(small.size < 2 ? [] : [...small.keys()].map(pathOf));
}

export interface MergeOptions {
  /** Relative to the output folder, as `smallChunks` answers. */
  readonly small: ReadonlySet<string>;
  /** What a small chunk exports. */
  readonly exportsOf: (path: string) => readonly string[];
  readonly options: BuildOptions;
}

export interface MergedFile {
  readonly path: string;
  readonly contents: Uint8Array;
}

/**
 * The chunks with the small ones replaced by one file; with source maps when the options ask for them. Two kinds of steps: the common file, whose
 * exports are named after their chunks, and every other file, whose imports of a small chunk are led to it.
 */
export async function mergeChunks(chunks: readonly Chunk[], merge: MergeOptions): Promise<readonly MergedFile[]> {
  const order = [...merge.small].toSorted();
  // The names of chunks have their content's hash in them.
  const common = `chunks/common-${createHash("sha256").update(order.join()).digest("hex").slice(0, 8).toUpperCase()}.mjs`;
  const texts = new Map(chunks.map(({ path, text }) => [path, text]));
  const list = (path: string, show: (name: string, unique: string) => string): string =>
    merge
      .exportsOf(path)
      .map((name) => show(name, `c${order.indexOf(path)}_${name}`))
      .join(",");
  const everything = order
    .map((path) => `export {${list(path, (name, unique) => `${name} as ${unique}`)}} from "./${basename(path)}";`)
    .join("\n");
  const facade = (path: string, from: string): string =>
    `export {${list(path, (name, unique) => `${unique} as ${name}`)}} from ${JSON.stringify(from)};`;
  const rest = chunks.filter(({ path }) => !merge.small.has(path));
  const files = [
    ...(order.length === 0
      ? []
      : [rebuild({ path: common, text: everything }, merge, (path) => texts.get(path) ?? "")]),
    ...rest.map((chunk) =>
      rebuild(chunk, merge, (path) =>
        facade(path, `${chunk.path.startsWith("chunks/") ? "." : "./chunks"}/${basename(common)}`),
      ),
    ),
  ];
  return (await Promise.all(files)).flat();
}

async function rebuild(
  { path, text }: Chunk,
  { small, options }: MergeOptions,
  contentOf: (small: string) => string,
): Promise<readonly MergedFile[]> {
  const { outputFiles } = await build({
    ...options,
    stdin: { contents: text, sourcefile: path, resolveDir: "/" },
    outfile: join("/", path),
    bundle: true,
    plugins: [ledTo(path, small, contentOf)],
    write: false,
  });
  return outputFiles.map((file) => ({
    path: file.path.endsWith(".map") ? `${path}.map` : path,
    contents: file.contents,
  }));
}

/** Small chunks are taken in, as `contentOf` says; everything else stays an import. */
function ledTo(importer: string, small: ReadonlySet<string>, contentOf: (path: string) => string): Plugin {
  return {
    name: "small chunks",
    setup(esbuild) {
      esbuild.onResolve({ filter: /.*/ }, ({ path, namespace }) => {
        const from = namespace === "small" ? "chunks" : dirname(importer);
        const target = path.startsWith(".") ? join(from, path).replaceAll("\\", "/") : path;
        return small.has(target) ? { path: target, namespace: "small" } : { path, external: true };
      });
      esbuild.onLoad({ filter: /.*/, namespace: "small" }, ({ path }) => ({ contents: contentOf(path) }));
    },
  };
}
