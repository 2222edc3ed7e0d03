// An endpoint for webhooks on this machine: verifies what it gets as its owner would, by the library of the standard.

import { createServer, type IncomingMessage } from "node:http";
import { Webhook } from "standardwebhooks";
import { z } from "zod";

const eventSchema = z.object({
  type: z.string(),
  timestamp: z.iso.datetime(),
  data: z.looseObject({ campaignId: z.string(), organisationId: z.string().optional() }),
});

export interface Received extends z.output<typeof eventSchema> {
  readonly id: string;
}

export interface WebhookReceiver {
  readonly url: string;
  /** To be set before the first event comes. */
  readonly trust: (secret: string) => void;
  /** In the order in which they came; only those whose signature was right. */
  readonly received: () => readonly Received[];
  /** What was wrong with the others. */
  readonly refused: () => readonly string[];
  readonly stop: () => Promise<void>;
}

export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const received: Received[] = [];
  const refused: string[] = [];
  let secret = "";
  const take = async (request: IncomingMessage): Promise<number> => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(Buffer.from(part));
    try {
      const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
      const event = eventSchema.parse(new Webhook(secret).verify(Buffer.concat(parts).toString("utf8"), headers));
      received.push({ ...event, id: headers["webhook-id"] ?? "" });
      return 204;
    } catch (error) {
      refused.push(String(error));
      return 400;
    }
  };
  const server = createServer((request, response) => {
    void take(request).then((status) => response.writeHead(status).end());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = z.object({ port: z.number() }).parse(server.address());
  return {
    url: `http://127.0.0.1:${address.port}/hook`,
    trust: (given) => (secret = given),
    received: () => received,
    refused: () => refused,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
