// The bytes of sections. A section's bytes are written before the event that names it and removed after the event that
// lets go of it, so a crash can only leave bytes that nothing names; those go at the next start.
import { readdirSync, rmSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Limiter } from "./limiter.ts";

export interface Blobs {
  put(id: string, bytes: Buffer): Promise<void>;
  get(id: string): Promise<Buffer>;
  remove(ids: Iterable<string>): Promise<void>;
}

export function memoryBlobs(): Blobs {
  const all = new Map<string, Buffer>();
  return {
    put: async (id, bytes) => void all.set(id, bytes),
    get: async (id) => {
      const bytes = all.get(id);
      if (bytes === undefined) throw new Error(`The bytes of section ${id} are missing.`);
      return bytes;
    },
    remove: async (ids) => {
      for (const id of ids) all.delete(id);
    },
  };
}

/** Files in `folder`. Removes at once those whose name is not in `referenced`. */
export function fileBlobs(folder: string, referenced: ReadonlySet<string>, limiter: Limiter): Blobs {
  let hasFolder = false;
  try {
    for (const name of readdirSync(folder)) if (!referenced.has(name)) rmSync(join(folder, name));
    hasFolder = true;
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  }
  return {
    put: (id, bytes) =>
      limiter.run(async () => {
        if (!hasFolder) await mkdir(folder, { recursive: true });
        hasFolder = true;
        await writeFile(join(folder, id), bytes);
      }),
    get: (id) => limiter.run(() => readFile(join(folder, id))),
    remove: async (ids) => {
      for (const id of ids) await limiter.run(() => rm(join(folder, id), { force: true }));
    },
  };
}
