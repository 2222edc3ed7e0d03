// What the code registers at the Functions host, taken from the real start of the app with the local settings.

import { app, HttpRequest, InvocationContext } from "@azure/functions";
import { vi } from "vitest";
import { z } from "zod";
import sample from "../../../local.settings.sample.json" with { type: "json" };

export interface Registered {
  readonly http: readonly { readonly name: string; readonly route: string }[];
  readonly timers: readonly { readonly name: string; readonly schedule: string }[];
  readonly queues: readonly {
    readonly name: string;
    readonly queueName: string;
    readonly isSessionsEnabled: boolean;
  }[];
  /** Paths that take no token, as App Service writes them: `/api/part/*`. */
  readonly publicPaths: readonly string[];
  /** The API's OpenAPI document. */
  readonly document: z.infer<typeof documentSchema>;
}

const documentSchema = z.looseObject({
  paths: z.record(z.string(), z.record(z.string(), z.looseObject({ security: z.array(z.unknown()).optional() }))),
});

type HttpOptions = Parameters<typeof app.http>[1];

let registered: Promise<Registered> | undefined;

/** Starts the app once: it registers everything when it is imported. */
export function registeredFunctions(): Promise<Registered> {
  registered ??= load();
  return registered;
}

async function load(): Promise<Registered> {
  for (const [name, value] of Object.entries(sample.Values)) vi.stubEnv(name, value);
  const http = new Map<string, HttpOptions>();
  const timers: Registered["timers"][number][] = [];
  const queues: Registered["queues"][number][] = [];
  vi.spyOn(app, "http").mockImplementation((name, options) => void http.set(name, options));
  vi.spyOn(app, "timer").mockImplementation((name, { schedule }) => void timers.push({ name, schedule }));
  vi.spyOn(app, "serviceBusQueue").mockImplementation((name, { queueName, isSessionsEnabled = false }) => {
    queues.push({ name, queueName, isSessionsEnabled });
  });
  // In a test nothing runs in the host; the package says so once for each hook.
  vi.spyOn(app.hook, "appTerminate").mockImplementation(() => ({ dispose: () => undefined }));
  await import("../../../functions/main.ts");
  const document = await openApi(http.get("get-openapi"));
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  return {
    http: [...http].map(([name, { route }]) => ({ name, route: route ?? name })),
    timers,
    queues,
    publicPaths: publicPaths(document),
    document,
  };
}

async function openApi(options: HttpOptions | undefined): Promise<Registered["document"]> {
  if (options === undefined) throw new Error("The code registers no function get-openapi.");
  const request = new HttpRequest({ method: "GET", url: "http://127.0.0.1/api/openapi.json" });
  const answer = await options.handler(request, new InvocationContext({ functionName: "get-openapi" }));
  return documentSchema.parse(JSON.parse(z.object({ body: z.string() }).parse(answer).body));
}

/** From the API's own document: what needs no token has an empty list of securities. */
const publicPaths = ({ paths }: Registered["document"]): readonly string[] =>
  Object.entries(paths)
    .filter(([, operations]) => Object.values(operations).every(({ security }) => security?.length === 0))
    .map(([path]) => `/api${path.replaceAll(/\{\w+\}.*$/g, "*")}`);
