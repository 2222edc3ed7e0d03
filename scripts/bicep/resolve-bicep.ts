// Finds the Bicep CLI of exactly the version that the golden files were made with: BICEP_PATH, then what the Azure CLI
// has installed, then PATH, then NuGet (scripts/bicep/bicep.csproj, needs the .NET SDK). Never goes on without one.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";

export const BICEP_VERSION = "0.49.2";
/** Of the binary in the package Azure.Bicep.CommandLine.linux-x64. */
const LINUX_X64_SHA256 = "0ab9de90c2493f206f8281bae74f9ee2d5ed3605548dab1adf41fef185e1f7c5";
const RESTORE_TIMEOUT_MS = 300_000;
const VERSION_TIMEOUT_MS = 30_000;

const executable = process.platform === "win32" ? "bicep.exe" : "bicep";

/** The path of a Bicep CLI of the pinned version. Throws an error that says what to install when there is none. */
export function resolveBicep(): string {
  const named = process.env["BICEP_PATH"];
  if (named !== undefined && named !== "") {
    const found = versionOf(named);
    if (found === BICEP_VERSION) return named;
    throw new Error(`BICEP_PATH=${named} is Bicep ${found ?? "not at all"}; needed is ${BICEP_VERSION}.`);
  }
  const onPath = (process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, executable));
  const installed = [join(homedir(), ".azure", "bin", executable), ...onPath];
  return installed.find((path) => existsSync(path) && versionOf(path) === BICEP_VERSION) ?? fromNuGet();
}

function fromNuGet(): string {
  const packages = process.env["NUGET_PACKAGES"] ?? join(homedir(), ".nuget", "packages");
  const folder = `azure.bicep.commandline.${runtimeId()}`;
  const path = join(packages, folder, BICEP_VERSION, "tools", executable);
  if (!existsSync(path)) restore();
  if (!existsSync(path)) throw new Error(`dotnet restore left no Bicep CLI at ${path}. ${howToGetIt()}`);
  verify(path);
  return path;
}

function restore(): void {
  const project = join(import.meta.dirname, "bicep.csproj");
  try {
    execFileSync("dotnet", ["restore", project, "--nologo", "-v", "q"], {
      stdio: ["ignore", "inherit", "inherit"],
      timeout: RESTORE_TIMEOUT_MS,
    });
  } catch (cause) {
    throw new Error(`The Bicep CLI could not be had from NuGet. ${howToGetIt()}`, { cause });
  }
}

/** A binary that is not the known one must not run: the check would prove nothing. */
function verify(path: string): void {
  if (runtimeId() === "linux-x64") {
    const sha256 = createHash("sha256").update(readFileSync(path)).digest("hex");
    if (sha256 !== LINUX_X64_SHA256) {
      throw new Error(`${path} has the checksum ${sha256}; expected is ${LINUX_X64_SHA256}. Delete it and try again.`);
    }
  } else if (versionOf(path) !== BICEP_VERSION) {
    throw new Error(`${path} is not Bicep ${BICEP_VERSION}. ${howToGetIt()}`);
  }
  try {
    accessSync(path, constants.X_OK);
  } catch (cause) {
    throw new Error(`${path} may not be executed by this user: chmod +x it, or set NUGET_PACKAGES.`, { cause });
  }
}

function versionOf(path: string): string | undefined {
  try {
    const text = execFileSync(path, ["--version"], { encoding: "utf8", timeout: VERSION_TIMEOUT_MS });
    return /version (\d+\.\d+\.\d+)/.exec(text)?.[1];
  } catch {
    return undefined;
  }
}

function runtimeId(): string {
  if (process.platform === "linux") return "linux-x64";
  return process.platform === "darwin" ? "osx-arm64" : "win-x64";
}

const howToGetIt = (): string =>
  `Install the .NET SDK, or run "az bicep install --version v${BICEP_VERSION}", or set BICEP_PATH to a Bicep CLI ${BICEP_VERSION}.`;
