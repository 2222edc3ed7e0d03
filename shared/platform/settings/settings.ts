// The settings that belong to no capability.

import { z } from "zod";
import { busAccess, dataStorage, mailAccess } from "./azure-access.ts";
import { outboundPolicy } from "./outbound.ts";
import { count, seconds, setting, settingText, settingUrl, type SettingName } from "./setting.ts";

/** The emulator's well-known key. */
const AZURITE =
  "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;";
const TABLES = "TableEndpoint=http://127.0.0.1:10002/devstoreaccount1;";

const mailAddress = z.email({
  error: (issue) => (issue.input === undefined ? "is missing" : "must be a mail address"),
});

export const platformSettings = {
  storage: dataStorage(AZURITE + TABLES),
  bus: busAccess(
    "Endpoint=sb://127.0.0.1;SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true;",
  ),
  auth: {
    issuer: setting("AUTH_ISSUER", settingUrl, "Who issues access tokens.", { local: "http://127.0.0.1:7083" }),
    audience: setting("AUTH_AUDIENCE", settingText, "For whom access tokens are: the client id of the API.", {
      local: "api://docuware-operations",
    }),
  },
  mail: {
    access: mailAccess(
      "endpoint=http://127.0.0.1:7082/;accesskey=dGhlIHdlbGwta25vd24ga2V5IG9mIHRoZSBsb2NhbCBtYWlsIHNpbms=",
    ),
    sender: setting("MAIL_SENDER", mailAddress, "Sender of all mails.", { local: "operations@docuware-cloud.example" }),
    supportAddress: setting("SUPPORT_ADDRESS", mailAddress, "Where customers write to, and incidents go.", {
      local: "support@docuware-cloud.example",
    }),
    supportPhone: setting(
      "SUPPORT_PHONE",
      settingText.max(50, "must have at most 50 characters").optional(),
      "Stands in customers' mails beside the support address.",
      { local: "+49 30 5550100" },
    ),
    quota: {
      perMinute: count("MAIL_QUOTA_PER_MINUTE", "Mails that the provider takes in a minute.", 30, 10_000, {
        local: "3000",
      }),
      perHour: count("MAIL_QUOTA_PER_HOUR", "Mails that the provider takes in an hour.", 100, 100_000, {
        local: "100000",
      }),
    },
  },
  clockSkewBoundMs: seconds(
    "CLOCK_SKEW_BOUND_SECONDS",
    "An instance whose clock is off by more does not act (docs/time.md).",
    30,
    600,
  ),
  publicBaseUrl: setting("PUBLIC_BASE_URL", settingUrl, "Root of the API as customers and support reach it.", {
    local: "http://127.0.0.1:7071/api",
  }),
  outbound: outboundPolicy({
    name: "OUTBOUND_HOSTS",
    about: "Hosts of organisations and of their identity services (docs/outbound.md).",
    standard: "*.docuware.cloud",
  }),
} as const;

/** What the Functions host reads, not the app. */
export const HOST_SETTINGS: readonly SettingName[] = [
  { name: "FUNCTIONS_WORKER_RUNTIME", about: "The host: which worker it starts.", local: "node" },
  {
    name: "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT",
    about: "The host: larger bodies are refused before they are read.",
    azure: "3145728",
    local: "3145728",
  },
  {
    name: "AzureWebJobsDisableHomepage",
    about: "The host: no page of its own at the root.",
    azure: "true",
    local: "true",
  },
  {
    name: "AzureWebJobsStorage",
    about: "The host: its storage account; for development.",
    local: `${AZURITE}BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1;QueueEndpoint=http://127.0.0.1:10001/devstoreaccount1;${TABLES}`,
  },
];
