// Keeps two brokers from writing to one data directory: the owner listens on a local socket named after the directory.
// Unlike a file with a process id, nothing stays behind that could be mistaken for a living owner.
import { createHash } from "node:crypto";
import { mkdir, realpath, rm } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

async function socketPath(directory: string): Promise<string> {
  await mkdir(directory, { recursive: true });
  const digest = createHash("sha256")
    .update(await realpath(directory))
    .digest("hex")
    .slice(0, 24);
  return process.platform === "win32"
    ? `\\\\.\\pipe\\servicebus-${digest}`
    : join(tmpdir(), `servicebus-${digest}.sock`);
}

const listens = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });

function tryListen(path: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.unref();
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(undefined);
      else reject(error);
    });
    server.listen(path, () => resolve(server));
  });
}

/** Takes the directory, or throws when another broker has it. Returns the function that gives it back. */
export async function lockDirectory(directory: string): Promise<() => Promise<void>> {
  const path = await socketPath(directory);
  let server = await tryListen(path);
  if (server === undefined && !(await listens(path))) {
    // The file of a broker that was killed.
    await rm(path, { force: true });
    server = await tryListen(path);
  }
  if (server === undefined) {
    throw new Error(`The data directory ${directory} is in use by another broker. Stop it, or give another --data.`);
  }
  const owner = server;
  return () =>
    new Promise((resolve) => {
      owner.close(() => resolve());
    });
}
