// The version that an organisation runs.

import { z } from "zod";
import { requiredText } from "../../kernel/foreign.ts";
import { readJson, type Platform } from "./platform.ts";

const schema = z.object({
  Version: requiredText()
    .transform((text) => text.trim())
    .pipe(z.string().regex(/^\d{1,6}(\.\d{1,6}){1,3}$/)),
});

/** The DocuWare version that the organisation runs, such as 7.13.0.42: the evidence of an upgrade or a way back. */
export async function readVersion(platform: Platform): Promise<string> {
  return (await readJson(platform, { method: "GET", path: "" }, schema)).Version;
}
