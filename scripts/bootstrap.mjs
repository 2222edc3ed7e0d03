// First step of every README command: needs nothing but Node 20 and npm. Installs what is missing, then hands over to
// the pinned Node that npm installed, so that every later step runs on the same version everywhere.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, statSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const lock = join(root, "package-lock.json");
const installed = join(root, "node_modules", ".package-lock.json");
const bin = join(root, "node_modules", ".bin");
const pinned = join(root, "node_modules", "node", "bin", process.platform === "win32" ? "node.exe" : "node");

const fail = (message) => {
  console.error(message);
  process.exit(1);
};

/** A checkout can touch the lock file without changing it, so differing times are settled by what npm recorded. */
const installedIsCurrent = () => {
  if (!existsSync(installed) || !existsSync(pinned)) return false;
  if (statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return true;
  const wanted = JSON.parse(readFileSync(lock, "utf8")).packages;
  const present = JSON.parse(readFileSync(installed, "utf8")).packages;
  const isWanted = Object.entries(present).every(([path, entry]) => wanted[path]?.version === entry.version);
  const isPresent = ([path, entry]) => path === "" || entry.optional || present[path]?.version === entry.version;
  return isWanted && Object.entries(wanted).every(isPresent);
};

const install = () => {
  console.error("Installing packages (npm ci) ...");
  const npm = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  if (npm.error) fail("npm was not found. Install Node 20 or newer together with npm and run the command again.");
  if (npm.status !== 0) {
    rmSync(installed, { force: true });
    fail("npm ci failed (see above). Check the connection to the npm registry and run the command again.");
  }
  if (!existsSync(pinned)) {
    fail(
      "npm ci did not install the pinned Node (package `node`). Allow its install script and run the command again.",
    );
  }
};

if (!installedIsCurrent()) install();

const [script, ...args] = process.argv.slice(2);
if (script !== undefined) {
  const child = spawn(pinned, [script, ...args], {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ""}` },
  });
  // A terminal sends Ctrl-C to both processes: stay until the child has cleaned up, and pass on what only we received.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  child.on("exit", (code, signal) => process.exit(signal === null ? (code ?? 1) : 1));
}
