// A bare AMQP client, for what the SDK never does by itself: odd flows, missing tokens, unknown operations.
import { createHmac } from "node:crypto";
import rhea, { type Connection, type EventContext, type Receiver, type Sender } from "rhea";

export const KEY = { name: "RootManageSharedAccessKey", value: "SAS_KEY_VALUE" } as const;

/** A token that is valid for an hour. */
export function tokenFor(audience: string, key: string = KEY.value): string {
  const sr = encodeURIComponent(audience);
  const se = Math.floor(Date.now() / 1000) + 3600;
  const sig = createHmac("sha256", key).update(`${sr}\n${se}`).digest("base64");
  return `SharedAccessSignature sr=${sr}&sig=${encodeURIComponent(sig)}&se=${se}&skn=${KEY.name}`;
}

export function connect(port: number): Connection {
  const container = rhea.create_container();
  for (const event of [
    "disconnected",
    "connection_error",
    "session_error",
    "sender_error",
    "receiver_error",
    "error",
  ]) {
    container.on(event, () => {});
  }
  return container.connect({ host: "127.0.0.1", port, username: "raw", reconnect: false });
}

/** The next event of that name, at most five seconds from now. */
export function next(emitter: Sender | Receiver | Connection, event: string): Promise<EventContext> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`No ${event} within five seconds.`)), 5000);
    emitter.once(event, (context: EventContext) => {
      clearTimeout(timer);
      resolve(context);
    });
  });
}

export interface Answer {
  readonly applicationProperties: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}

/** Sends one request to a node such as `$cbs` or `queue/$management` and waits for the answer. */
export async function request(
  connection: Connection,
  node: string,
  properties: Readonly<Record<string, unknown>>,
  body: unknown,
): Promise<Answer> {
  const replyTo = `reply-${node}-${Math.floor(performance.now() * 1000)}`;
  const receiver = connection.open_receiver({ source: node, target: { address: replyTo }, name: replyTo });
  await next(receiver, "receiver_open");
  const sender = connection.open_sender(node);
  await next(sender, "sendable");
  const reply = next(receiver, "message");
  sender.send({ message_id: "m1", reply_to: replyTo, application_properties: properties, body });
  const { message } = await reply;
  if (message === undefined || message["correlation_id"] !== "m1")
    throw new Error("The answer is not for this request.");
  receiver.close();
  sender.close();
  return { applicationProperties: message["application_properties"] ?? {}, body: message["body"] };
}

export const putToken = (connection: Connection, token: string): Promise<Answer> =>
  request(
    connection,
    "$cbs",
    { operation: "put-token", type: "servicebus.windows.net:sastoken", name: "sb://localhost/q" },
    token,
  );
