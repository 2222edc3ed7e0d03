import { err, ok } from "../kernel/result.ts";
import { Setting, setting, settingUrl } from "../platform/settings/setting.ts";

type Probe =
  | { readonly kind: "client"; readonly clientId: string; readonly clientSecret: string }
  | { readonly kind: "user"; readonly username: string; readonly password: string };

/** How the functional suite signs in at an organisation: as an application or as a user. */
const probe = new Setting<Probe>(
  [
    { name: "PROBE_CLIENT_ID", about: "How the functional suite signs in: client id.", local: "probe-client" },
    { name: "PROBE_CLIENT_SECRET", about: "Its secret.", isSecret: true, local: "local" },
    { name: "PROBE_USERNAME", about: "Instead of the client: a user." },
    { name: "PROBE_PASSWORD", about: "The user's password." },
  ],
  (environment) => {
    const { PROBE_CLIENT_ID: clientId, PROBE_CLIENT_SECRET: clientSecret } = environment;
    const { PROBE_USERNAME: username, PROBE_PASSWORD: password } = environment;
    if (clientId !== undefined && clientSecret !== undefined) return ok({ kind: "client", clientId, clientSecret });
    if (clientId === undefined && clientSecret === undefined && username !== undefined && password !== undefined) {
      return ok({ kind: "user", username, password });
    }
    if (username === undefined && password === undefined) {
      const missing = clientId === undefined ? "PROBE_CLIENT_ID" : "PROBE_CLIENT_SECRET";
      return err([
        `${missing}: is missing (PROBE_CLIENT_ID and PROBE_CLIENT_SECRET, or PROBE_USERNAME and PROBE_PASSWORD)`,
      ]);
    }
    const missing = password === undefined ? "PROBE_PASSWORD" : "PROBE_USERNAME";
    return err([`${missing}: is missing, or only half of the PROBE_CLIENT_ pair is set`]);
  },
);

export const docuwareSettings = {
  controlPlane: {
    url: setting("CONTROL_PLANE_URL", settingUrl, "The control plane of DocuWare Cloud.", {
      local: "http://127.0.0.1:7081",
    }),
  },
  probe,
} as const;
