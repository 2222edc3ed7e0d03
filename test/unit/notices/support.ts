// Values and a world in memory that tests of notices share.

import { requestNotices } from "../../../shared/notices/request-notices.ts";
import type { Organisation } from "../../../shared/organisations/organisation.ts";
import type { Composer } from "../../../shared/notices/compose-mail.ts";
import {
  freshNotice,
  type NoticeAppointment,
  type NewNotice,
  type Notice,
} from "../../../shared/notices/core/notice.ts";
import { noticeStore } from "../../../shared/notices/store.ts";
import type { NewIncident } from "../../../shared/incidents/core/incident.ts";
import { memoryLog } from "../../support/memory/memory-log.ts";
import { memoryMailer } from "../../support/memory/memory-mail.ts";
import { memoryTables } from "../../support/memory/memory-tables.ts";
import type { Mailer } from "../../../shared/platform/mail/mail.ts";
import type { Tables } from "../../../shared/platform/tables/tables.ts";
import { NOTICES_TABLE } from "../../../shared/notices/resources.ts";

export const NOON = Date.UTC(2027, 1, 1, 12);
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export const BERLIN_NIGHT: NoticeAppointment = {
  organisationName: "Müller & Söhne <GmbH>",
  timeZone: "Europe/Berlin",
  start: Date.UTC(2027, 3, 10, 20),
  end: Date.UTC(2027, 3, 11, 0, 30),
  offlineMs: 23 * MINUTE,
  version: "7.13.0.1",
  previousVersion: "7.12.1.100",
  previousStart: Date.UTC(2027, 3, 3, 20),
};

export function asked(changes: Partial<NewNotice> & { language?: Organisation["language"] } = {}): NewNotice {
  return {
    campaignId: "c-1",
    organisationId: "alpine-foods",
    kind: "announcement",
    sequence: 0,
    language: "de",
    recipients: ["it@alpine.example"],
    appointment: BERLIN_NIGHT,
    notBefore: NOON,
    deadline: NOON + 5 * DAY,
    ...changes,
  };
}

export const aNotice = (changes: Partial<Notice> = {}): Notice => ({ ...freshNotice(asked(), NOON), ...changes });

export const COMPOSER: Composer = {
  organizer: { name: "DocuWare Cloud Operations", email: "support@docuware.example" },
  surroundings: ({ organisationId }) => ({
    rescheduleUrl: `https://operations.example/api/reschedule?token=${organisationId}`,
    supportEmail: "support@docuware.example",
  }),
};

export interface WorldOptions {
  /** Stands in front of the port, e.g. to let the process die. */
  readonly tables?: (tables: Tables) => Tables;
  readonly mailer?: Mailer;
}

export async function createWorld(options: WorldOptions = {}) {
  const time = { now: NOON };
  const raw = memoryTables(NOTICES_TABLE);
  const mailer = memoryMailer();
  const incidents = new Map<string, NewIncident>();
  const deps = {
    store: noticeStore(options.tables?.(raw) ?? raw),
    mailer: options.mailer ?? mailer,
    clock: { now: () => time.now },
    log: memoryLog(),
    raiseIncident: async (incident: NewIncident) => void incidents.set(incident.incidentId, incident),
    composer: COMPOSER,
    quota: { perMinute: 30, perHour: 100 },
  };
  return { time, mailer, incidents, deps, rawStore: noticeStore(raw) };
}
export type World = Awaited<ReturnType<typeof createWorld>>;

/** A world in which this notice was asked for. */
export async function worldWith(changes: Partial<NewNotice> = {}): Promise<World> {
  const world = await createWorld();
  await requestNotices(world.deps, [asked(changes)]);
  return world;
}
