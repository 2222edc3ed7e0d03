// The announcements of a campaign, as the API shows them and as they lie in the mail sink.

import { z } from "zod";
import { PORTS } from "../ports.ts";
import { getJson, pages, type Api } from "./api.ts";
import { fireTimer } from "./checks.ts";

export interface Announcing {
  readonly campaignId: string;
  readonly version: string;
  readonly state: string;
  readonly notices: readonly {
    readonly organisationId: string;
    /** Wall time that the customer was told. */
    readonly start: string;
    readonly zone: string;
    readonly status: string;
    /** Whether the mail in the sink has a calendar file. */
    readonly calendar: boolean;
  }[];
}

const upgradeSchema = z.object({
  organisationId: z.string(),
  appointment: z.object({ wallStart: z.string(), zone: z.string() }),
});
const noticesSchema = z.object({ items: z.array(z.object({ kind: z.string(), status: z.string() })) });
const mailsSchema = z.object({
  mails: z.array(z.object({ subject: z.string(), attachments: z.array(z.object({ name: z.string() })) })),
});

/** Waits, at most a minute, until every announcement was accepted; then looks at the mails themselves. */
export async function announcedMails(api: Api, campaignId: string, show: (done: number) => void): Promise<Announcing> {
  const end = Date.now() + 60_000;
  for (;;) {
    const seen = await look(api, campaignId);
    const done = seen.notices.filter(({ status }) => status === "accepted").length;
    show(done);
    if ((seen.state === "announcing" && done === seen.notices.length) || Date.now() > end) return seen;
    await fireTimer("send-due-notices");
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

async function look(api: Api, campaignId: string): Promise<Announcing> {
  const campaign = z
    .object({ state: z.string(), version: z.string() })
    .parse(await api.get(`/campaigns/${campaignId}`));
  const notices: Announcing["notices"][number][] = [];
  for await (const { organisationId, appointment } of pages(
    api,
    `/campaigns/${campaignId}/organisations`,
    upgradeSchema,
  )) {
    const { items } = noticesSchema.parse(
      await api.get(`/campaigns/${campaignId}/organisations/${organisationId}/notices`),
    );
    const status = items.find(({ kind }) => kind === "announcement")?.status ?? "not asked for";
    notices.push({
      organisationId,
      start: appointment.wallStart,
      zone: appointment.zone,
      status,
      calendar: await hasCalendar(organisationId),
    });
  }
  return { campaignId, ...campaign, notices };
}

async function hasCalendar(organisationId: string): Promise<boolean> {
  const url = `http://127.0.0.1:${PORTS.mail}/_sink/mails?to=it@${organisationId}.example`;
  const { mails } = mailsSchema.parse(await getJson(url));
  return mails.some(({ attachments }) => attachments.some(({ name }) => name.endsWith(".ics")));
}
