// All organisations of the simulator, each made from its events when it is first asked for.
import { defined } from "../../../shared/kernel/defined.ts";
import { join } from "node:path";
import type { FleetMember } from "../../fleet.ts";
import { endOnFailure, Journal } from "../../support/journal.ts";
import { Limiter } from "./limiter.ts";
import type { OrganisationEvent } from "./model.ts";
import { Organisation, type Entry } from "./organisation.ts";

const MAX_OPEN_FILES = 64;

export interface OrganisationsOptions {
  readonly members: readonly FleetMember[];
  readonly version: string;
  readonly dataDir?: string;
  readonly now: () => number;
  readonly compactAboveBytes?: number;
}

export class Organisations {
  readonly members: readonly FleetMember[];
  readonly #byId: ReadonlyMap<string, FleetMember>;
  readonly #loaded = new Map<string, Organisation>();
  readonly #options: OrganisationsOptions;
  readonly #limiter = new Limiter(MAX_OPEN_FILES);
  readonly #journal: Journal<Entry> | undefined;
  /** Of those that nobody has asked for yet. */
  readonly #events = new Map<string, OrganisationEvent[]>();

  constructor(options: OrganisationsOptions) {
    this.#options = options;
    this.members = options.members;
    this.#byId = new Map(options.members.map((member) => [member.organisationId, member]));
    if (this.#byId.size !== options.members.length) throw new Error("Two organisations of the fleet have the same id.");
    for (const id of this.#byId.keys()) {
      // Ids become folder names and parts of addresses.
      if (!/^[A-Za-z0-9][A-Za-z0-9-]{0,99}$/.test(id)) throw new Error(`"${id}" cannot be the id of an organisation.`);
    }
    this.#journal = options.dataDir === undefined ? undefined : this.#openJournal(options.dataDir);
  }

  now(): number {
    return this.#options.now();
  }

  member(organisationId: string): FleetMember | undefined {
    return this.#byId.get(organisationId);
  }

  /** The organisation as of now (due operations ended); undefined when the fleet does not have it. */
  open(organisationId: string): Organisation | undefined {
    const member = this.#byId.get(organisationId);
    if (member === undefined) return undefined;
    const organisation = this.#loaded.get(organisationId) ?? this.#load(member);
    organisation.tallyUpgrades(this.now());
    return organisation;
  }

  /** Writes what is pending and gives the data back to others. */
  async close(): Promise<void> {
    await this.#journal?.close();
  }

  #load(member: FleetMember): Organisation {
    const { dataDir, version } = this.#options;
    const { organisationId } = member;
    const events = this.#events.get(organisationId) ?? [];
    const journal = this.#journal;
    const kept =
      journal === undefined || dataDir === undefined
        ? undefined
        : { journal, sections: join(dataDir, "sections", organisationId) };
    const organisation = new Organisation({ member, version, events, kept, limiter: this.#limiter });
    this.#events.delete(organisationId);
    this.#loaded.set(organisationId, organisation);
    return organisation;
  }

  #openJournal(directory: string): Journal<Entry> {
    const { compactAboveBytes } = this.#options;
    return new Journal<Entry>({
      directory,
      apply: ([organisationId, event]) => {
        const events = this.#events.get(organisationId);
        if (events === undefined) this.#events.set(organisationId, [event]);
        else events.push(event);
      },
      snapshot: () => this.#snapshot(),
      onFailure: endOnFailure("docuware"),
      isOutdated: (name) => name === "organisations",
      ...defined({ compactAboveBytes }),
    });
  }

  *#snapshot(): Generator<Entry> {
    for (const organisation of this.#loaded.values()) yield organisation.snapshot();
    for (const [organisationId, events] of this.#events) for (const event of events) yield [organisationId, event];
  }
}
