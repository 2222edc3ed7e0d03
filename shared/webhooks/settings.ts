import { z } from "zod";
import { outboundPolicy } from "../platform/settings/outbound.ts";
import { setting } from "../platform/settings/setting.ts";
import { parseMasterKey } from "./secrets.ts";

const masterKey = z.string("is missing").transform((text, context) => {
  const key = parseMasterKey(text);
  if (key !== undefined) return key;
  context.addIssue("must be 32 bytes in base64");
  return z.NEVER;
});

export const webhookSettings = {
  webhooks: {
    masterKey: setting("WEBHOOK_MASTER_KEY", masterKey, "32 bytes in base64; from it every webhook's secret follows.", {
      isSecret: true,
      local: "bG9jYWwgZGV2ZWxvcG1lbnQgb25seSwgMzIgYnl0ZXM=",
    }),
    outbound: outboundPolicy({ name: "WEBHOOK_HOSTS", about: "Hosts of webhooks; every public one when not set." }),
  },
} as const;
