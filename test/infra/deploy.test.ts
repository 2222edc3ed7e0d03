// The deployment script with an Azure CLI that only writes down how it was called.

import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ROOT } from "./support/profiles.ts";

const FAKE_AZ = `#!/bin/sh
echo "az $*" >> "$CALLS"
case "$*" in
  *"sub show"*) echo '{"azurE_RESOURCE_GROUP":{"value":"group"},"apP_NAME":{"value":"app"},"apP_URL":{"value":"https://app.example"}}' ;;
esac
`;
const FAKE_CURL = `#!/bin/sh\necho "curl $*" >> "$CALLS"\n`;

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "deploy-"));
  cpSync(join(ROOT, "infra"), join(root, "infra"), { recursive: true });
  mkdirSync(join(root, "bin"));
  mkdirSync(join(root, "dist"));
  for (const [name, text] of [
    ["az", FAKE_AZ],
    ["curl", FAKE_CURL],
  ] as const) {
    writeFileSync(join(root, "bin", name), text);
    chmodSync(join(root, "bin", name), 0o755);
  }
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function run(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const calls = join(root, "calls.txt");
  writeFileSync(calls, "");
  const { status, stderr } = spawnSync(join(root, "infra/scripts/deploy.sh"), args, {
    encoding: "utf8",
    timeout: 30_000,
    env: { PATH: [join(root, "bin"), process.env["PATH"]].join(delimiter), CALLS: calls, ...environment },
  });
  return { status, stderr, calls: readFileSync(calls, "utf8").trim().split("\n") };
}

const environment = { AZURE_ENV_NAME: "test", AZURE_LOCATION: "westeurope" };

describe("deploy.sh", () => {
  test("asks what would change without changing it", () => {
    const { status, calls } = run(["what-if", "small"], environment);
    expect(status).toBe(0);
    expect(calls).toEqual([
      "az deployment sub what-if --name operations-test --location westeurope --parameters infra/params/small.bicepparam",
    ]);
  });
  test("makes the infrastructure", () => {
    expect(run(["infrastructure", "large"], environment).calls).toEqual([
      "az deployment sub create --name operations-test --location westeurope --parameters infra/params/large.bicepparam",
    ]);
  });
  test("says which variable is missing and which profiles there are", () => {
    expect(run(["what-if", "small"])).toMatchObject({ status: 1, stderr: expect.stringContaining("AZURE_ENV_NAME") });
    const wrong = run(["what-if", "base"], environment);
    expect(wrong).toMatchObject({ status: 1, stderr: expect.stringContaining("dev, small, medium or large") });
    expect(wrong.calls).toEqual([""]);
    expect(run([])).toMatchObject({ status: 2, stderr: expect.stringContaining("deploy.sh what-if PROFILE") });
  });
  test("deploys the package and waits until the app is ready", () => {
    expect(run(["app"], environment)).toMatchObject({ status: 1, stderr: expect.stringContaining("npm run package") });
    writeFileSync(join(root, "dist/app.zip"), "zip");
    const { status, calls } = run(["app"], environment);
    expect(status).toBe(0);
    expect(calls.slice(-2)).toEqual([
      "az functionapp deployment source config-zip --resource-group group --name app --src dist/app.zip --timeout 600",
      "curl --fail --silent --show-error --max-time 20 https://app.example/api/health/ready",
    ]);
  });
});

// Both pipelines do what .ci/run does, then deploy with the one script, signed in without a secret.
describe.each([".github/workflows/deliver.yml", "azure-pipelines.yml"])("%s", (path) => {
  const text = readFileSync(join(ROOT, path), "utf8");
  test.each([".ci/run", "npm run package", "deploy.sh what-if", "deploy.sh infrastructure", "deploy.sh app"])(
    "runs %s",
    (command) => expect(text).toContain(command),
  );
  test("names secrets, but holds none", () => {
    const values = [...text.matchAll(/_SECRET: (.*)$/gm)].map(([, value]) => value);
    expect(values.length).toBeGreaterThan(0);
    for (const value of values) expect(value).toMatch(/^(\$\{\{ secrets\.\w+ \}\}|\$\(\w+\))$/);
    expect(text).not.toMatch(/client-secret|AZURE_CREDENTIALS|password/i);
  });
});

test("the GitHub pipeline sets every variable that the profiles read", () => {
  const needed = [...readFileSync(join(ROOT, "infra/params/base.bicepparam"), "utf8").matchAll(/Variable\('(\w+)'/g)];
  const set = readFileSync(join(ROOT, ".github/workflows/deliver.yml"), "utf8");
  const names = needed.map(([, name]) => `${name}: `);
  expect(names.length).toBeGreaterThan(10);
  expect(names.filter((name) => !set.includes(name))).toEqual([]);
});
