// A bounce from end to end: mail sink, Service Bus, the app's handler, the notice and its task for support.

import { InvocationContext } from "@azure/functions";
import { ServiceBusClient } from "@azure/service-bus";
import { afterEach, expect, test } from "vitest";
import { recordMailReportHandler } from "../../../functions/notices.ts";
import { busReports } from "../../../local/mail/reports.ts";
import { startMailSink, type MailSinkOptions } from "../../../local/mail/sink.ts";
import { startBroker } from "../../../local/servicebus/broker.ts";
import { queuesFrom } from "../../../local/servicebus/queues.ts";
import { MAIL_REPORT_QUEUE } from "../../../shared/notices/resources.ts";
import { recordBounce, type Bounce } from "../../../shared/notices/record-bounce.ts";
import { requestNotices } from "../../../shared/notices/request-notices.ts";
import { sendDueNotices } from "../../../shared/notices/send-due-notices.ts";
import { azureBus } from "../../../shared/platform/bus/azure-bus.ts";
import { azureMailer } from "../../../shared/platform/mail/azure-mail.ts";
import { asked, createWorld } from "../../unit/notices/support.ts";

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

async function startSink(options: Partial<MailSinkOptions> = {}) {
  const sink = await startMailSink({ port: 0, processingMs: 0, ...options });
  stops.push(() => sink.stop());
  const setFault = (fault: object) =>
    fetch(`${sink.url}/_sink/faults`, { method: "POST", body: JSON.stringify(fault) });
  return { sink, setFault };
}

test("a mail that bounces becomes a task for support, and is evidence no more", async () => {
  const broker = await startBroker({ port: 0, queues: queuesFrom({ queues: [{ name: MAIL_REPORT_QUEUE }] }) });
  stops.push(() => broker.stop());
  const { sink, setFault } = await startSink({ reports: busReports(broker.connectionString) });
  expect((await setFault({ effect: "bounce", address: "it@alpine.example", times: 1 })).status).toBe(200);

  const world = await createWorld();
  const mailer = azureMailer({
    connectionString: sink.connectionString,
    sender: "operations@docuware-cloud.example",
    pollEveryMs: 10,
  });
  const deps = { ...world.deps, mailer };
  await requestNotices(deps, [asked(), asked({ organisationId: "other-one", recipients: ["it@other.example"] })]);
  expect(await sendDueNotices(deps)).toMatchObject({ accepted: 2 });

  const client = new ServiceBusClient(broker.connectionString);
  stops.push(() => client.close());
  const receiver = client.createReceiver(MAIL_REPORT_QUEUE);
  const [message, ...others] = await receiver.receiveMessages(2, { maxWaitTimeInMs: 20_000 });
  expect(others).toEqual([]);
  const bus = azureBus({ connectionString: broker.connectionString });
  stops.push(() => bus.close());
  const record = recordMailReportHandler(
    { recordBounce: (bounce: Bounce) => recordBounce(deps, bounce) },
    { ...deps, bus },
  );
  const body: unknown = message?.body;
  await record(body, new InvocationContext());
  expect((await world.rawStore.read(asked()))?.notice).toMatchObject({ status: "bounced" });
  expect([...world.incidents.values()]).toMatchObject([
    { subject: { organisationId: "alpine-foods" }, kind: "notice.bounced" },
  ]);
});

test("a sink that reports to nobody says so instead of taking the fault", async () => {
  const { setFault } = await startSink();
  const answer = await setFault({ effect: "bounce", address: "it@alpine.example" });
  expect([answer.status, await answer.text()]).toEqual([409, expect.stringContaining("--reports")]);
});
