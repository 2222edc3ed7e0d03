// HTTP beside the broker: health as the official emulator answers it, and what the queues hold.
import { createServer, type Server } from "node:http";
import { figures } from "./engine/browse.ts";
import type { Queue, Space } from "./engine/types.ts";

/** Every queue with its present counts and its counters since the start of the broker. */
function describeQueues(space: Space, waiting: (queue: Queue) => number): readonly object[] {
  const queues = [];
  for (const queue of space.queues.values()) {
    if (queue.parent !== undefined) continue;
    const lifetime = { ...queue.counters };
    const deadLetters = queue.deadLetters?.counters;
    // Work on the dead-letter queue is billed and measured with its queue.
    lifetime.deliveries += deadLetters?.deliveries ?? 0;
    lifetime.settlements += deadLetters?.settlements ?? 0;
    lifetime.managementRequests += deadLetters?.managementRequests ?? 0;
    queues.push({ ...figures(queue), waiting: waiting(queue), ...lifetime });
  }
  return queues;
}

/** Starts the server; resolves when it listens. `isHealthy` is asked for every health request. */
export async function startManagementServer(options: {
  readonly host: string;
  readonly port: number;
  readonly space: Space;
  /** How many receivers wait for any session of a queue. */
  readonly waiting: (queue: Queue) => number;
  readonly isHealthy: () => boolean;
}): Promise<Server> {
  const server = createServer((request, response) => {
    const answer = (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): void => {
      response.writeHead(status, { "content-type": "application/json", ...headers });
      response.end(JSON.stringify(body));
    };
    const path = (request.url ?? "").split("?")[0];
    const routes: Readonly<Record<string, () => void>> = {
      "/health": () =>
        options.isHealthy()
          ? answer(200, { status: "healthy", message: "Service is healthy." })
          : answer(503, { status: "unhealthy", message: "Service is stopping." }),
      "/queues": () => answer(200, describeQueues(options.space, options.waiting)),
    };
    const route = routes[path ?? ""];
    if (route === undefined) answer(404, { message: "Only GET /health and GET /queues are served here." });
    else if (request.method !== "GET") answer(405, { message: "Use GET." }, { allow: "GET" });
    else route();
    request.resume();
  });
  server.requestTimeout = 10_000;
  server.headersTimeout = 10_000;
  server.maxConnections = 200;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, resolve);
  });
  return server;
}
