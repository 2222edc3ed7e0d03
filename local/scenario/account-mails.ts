// Every mail of the sample run, accounted for: told, failed, withdrawn, or still to be sent.

import { z } from "zod";
import { mapConcurrently } from "../../shared/kernel/map-concurrently.ts";
import { pages, type Api } from "./api.ts";
import { fireTimer } from "./checks.ts";

export interface MailAccount {
  readonly campaignId: string;
  /** Accepted by the mail service for at least one contact, and not come back. */
  readonly told: number;
  /** Refused, or come back from every contact. */
  readonly failed: number;
  /** Does not hold any more, and was never sent. */
  readonly withdrawn: number;
  readonly toBeSent: {
    /** Reminders, and whatever waits for its time. */
    readonly later: number;
    /** Could have been sent by now. */
    readonly due: number;
  };
  /** Organisations whose upgrade has ended, and nobody was asked to tell them. */
  readonly missing: readonly string[];
}

const upgradeSchema = z.object({ organisationId: z.string(), state: z.string() });
const noticeSchema = z.object({
  kind: z.string(),
  status: z.enum(["pending", "accepted", "failed", "bounced", "withdrawn"]),
  nextAttemptAt: z.string().optional(),
});
type Notice = z.infer<typeof noticeSchema>;

interface Entry {
  readonly campaignId: string;
  readonly organisationId: string;
  readonly state: string;
  notices: readonly Notice[];
}

const AT_ONCE = 8;
/** Asked again per round; the sender needs the machine as well. */
const ASKED = 100;

/** Waits until nothing is due any more, at most a minute and half a second per organisation. */
export async function accountForMails(
  api: Api,
  campaignIds: readonly string[],
  show: (due: number) => void,
): Promise<readonly MailAccount[]> {
  const entries: Entry[] = [];
  for (const campaignId of campaignIds) {
    for await (const upgrade of pages(api, `/campaigns/${campaignId}/organisations`, upgradeSchema))
      entries.push({ campaignId, ...upgrade, notices: [] });
  }
  await mapConcurrently(entries, AT_ONCE, (entry) => read(api, entry));
  const end = Date.now() + 60_000 + entries.length * 500;
  for (;;) {
    const open = entries.filter(({ notices }) => notices.some(isDue));
    show(open.length);
    if (open.length === 0 || Date.now() > end) break;
    // While one run sends, another ends at once.
    await fireTimer("send-due-notices");
    await new Promise((resolve) => setTimeout(resolve, 1000));
    await mapConcurrently(open.slice(0, ASKED), AT_ONCE, (entry) => read(api, entry));
  }
  return campaignIds.map((campaignId) => accountOf(campaignId, entries));
}

async function read(api: Api, entry: Entry): Promise<void> {
  const path = `/campaigns/${entry.campaignId}/organisations/${entry.organisationId}/notices`;
  entry.notices = z.object({ items: z.array(noticeSchema) }).parse(await api.get(path)).items;
}

const isDue = ({ status, nextAttemptAt }: Notice): boolean =>
  status === "pending" && nextAttemptAt !== undefined && Date.parse(nextAttemptAt) <= Date.now();

const END_NOTICES: Readonly<Record<string, string>> = { succeeded: "completion", rolledBack: "rollBack" };

function accountOf(campaignId: string, entries: readonly Entry[]): MailAccount {
  const own = entries.filter((entry) => entry.campaignId === campaignId);
  const notices = own.flatMap((entry) => entry.notices);
  const count = (is: (notice: Notice) => boolean): number => notices.filter(is).length;
  const due = count(isDue);
  return {
    campaignId,
    told: count(({ status }) => status === "accepted"),
    failed: count(({ status }) => status === "failed" || status === "bounced"),
    withdrawn: count(({ status }) => status === "withdrawn"),
    toBeSent: { due, later: count(({ status }) => status === "pending") - due },
    missing: own
      .filter(({ state, notices: asked }) => {
        const last = END_NOTICES[state];
        return last !== undefined && !asked.some(({ kind }) => kind === last);
      })
      .map(({ organisationId }) => organisationId),
  };
}

/** What is not as it should be, one sentence each. */
export const mailShortcomings = (accounts: readonly MailAccount[]): readonly string[] =>
  accounts.flatMap(({ campaignId, failed, toBeSent, missing }) => [
    ...(failed > 0 ? [`${failed} mails of campaign ${campaignId} reached nobody.`] : []),
    ...(toBeSent.due > 0 ? [`${toBeSent.due} mails of campaign ${campaignId} are due and not sent yet.`] : []),
    ...missing.map((organisationId) => `Nobody tells ${organisationId} how campaign ${campaignId} ended.`),
  ]);

export const mailLine = ({ campaignId, told, failed, withdrawn, toBeSent }: MailAccount): string =>
  `Mails of ${campaignId}: ${told} told, ${failed} failed, ${withdrawn} withdrawn, ` +
  `${toBeSent.due + toBeSent.later} still to be sent (${toBeSent.due} of them due).`;
