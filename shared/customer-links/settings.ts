import { setting } from "../platform/settings/setting.ts";
import { linkKeysSchema } from "./link-keys.ts";

export const customerLinkSettings = {
  linkKeys: setting(
    "LINK_KEYS",
    linkKeysSchema,
    "Signs customers' links: `id:secret`, while keys rotate `new:…,old:…`.",
    {
      isSecret: true,
      local: "local:bG9jYWwgZGV2ZWxvcG1lbnQgb25seSwgMzIgYnl0ZXM=",
    },
  ),
} as const;
