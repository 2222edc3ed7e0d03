// The version that an organisation runs.

import { z } from "zod";
import { reportedVersion, versionSchema } from "../../kernel/version.ts";
import { readJson, type Platform } from "./platform.ts";

const schema = z.object({
  Version: reportedVersion().pipe(versionSchema),
});

/** The DocuWare version that the organisation runs, such as 7.13.0.42: the evidence of an upgrade or a way back. */
export async function readVersion(platform: Platform): Promise<string> {
  return (await readJson(platform, { method: "GET", path: "" }, schema)).Version;
}
