// Delivery reports as Event Grid brings them to the app: one message per event in the queue `mail-reports`.
import { randomUUID } from "node:crypto";
import { ServiceBusClient } from "@azure/service-bus";
import { errorText } from "../support/clear-error.ts";

export interface DeliveryReport {
  readonly operationId: string;
  readonly sender: string;
  readonly recipient: string;
  readonly status: string;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
}

export interface Reports {
  /** Sends in the background; a report that cannot be sent is printed, as the mail itself was accepted. */
  send(report: DeliveryReport): void;
  /** Waits for what is on its way. */
  close(): Promise<void>;
}

const QUEUE = "mail-reports";

export function busReports(connectionString: string): Reports {
  // Not the app's own Bus: that refuses bodies with names such as `subject`, which Event Grid's events have.
  const client = new ServiceBusClient(connectionString);
  const sender = client.createSender(QUEUE);
  const underway = new Set<Promise<void>>();
  return {
    send(report) {
      const eventId = randomUUID();
      const sent = sender
        .sendMessages({ body: eventOf(report, eventId), messageId: eventId, contentType: "application/json" })
        .catch((error: unknown) => {
          console.error(`mail: the report about ${report.operationId} is lost: ${errorText(error)}`);
        })
        .finally(() => underway.delete(sent));
      underway.add(sent);
    },
    async close() {
      await Promise.all(underway);
      await client.close();
    },
  };
}

const eventOf = ({ operationId, sender, recipient, status, at }: DeliveryReport, eventId: string) => ({
  id: eventId,
  topic: "/subscriptions/local/resourceGroups/local/providers/microsoft.communication/communicationservices/local",
  subject: `sender/${sender}/message/${operationId}`,
  data: {
    sender,
    recipient,
    messageId: operationId,
    status,
    deliveryStatusDetails: { statusMessage: "Set by a fault of the local mail sink." },
    deliveryAttemptTimestamp: new Date(at).toISOString(),
  },
  eventType: "Microsoft.Communication.EmailDeliveryReportReceived",
  dataVersion: "1.0",
  metadataVersion: "1",
  eventTime: new Date(at).toISOString(),
});
