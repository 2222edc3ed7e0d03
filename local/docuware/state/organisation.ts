// One live organisation: its state, its journal, its bytes. Nothing here runs by itself: an operation that is due is
// ended by the next access, at the time that was recorded when it began, so a restart needs no timers to set up anew.
import type { FleetMember } from "../../fleet.ts";
import type { Journal } from "../../support/journal.ts";
import { applyEvent, initialState, referencedSections, runningOperation, toSnapshot } from "./apply.ts";
import type { Blobs } from "./blobs.ts";
import { fileBlobs, memoryBlobs } from "./blobs.ts";
import type { Limiter } from "./limiter.ts";
import type { OrganisationEvent, OrganisationState } from "./model.ts";

/** What is kept of all organisations: whose event it is, and the event. */
export type Entry = readonly [organisationId: string, event: OrganisationEvent];

export interface OrganisationOptions {
  readonly member: FleetMember;
  readonly version: string;
  /** What happened before this start, oldest first. */
  readonly events: readonly OrganisationEvent[];
  /** Undefined: everything is kept in memory only. */
  readonly kept: { readonly journal: Journal<Entry>; readonly sections: string } | undefined;
  readonly limiter: Limiter;
}

export class Organisation {
  readonly member: FleetMember;
  readonly blobs: Blobs;
  readonly #state: OrganisationState;
  readonly #journal: Journal<Entry> | undefined;

  constructor({ member, version, events, kept, limiter }: OrganisationOptions) {
    this.member = member;
    this.#state = initialState(version);
    for (const event of events) applyEvent(this.#state, event);
    this.#journal = kept?.journal;
    this.blobs =
      kept === undefined ? memoryBlobs() : fileBlobs(kept.sections, referencedSections(this.#state), limiter);
  }

  get state(): Readonly<OrganisationState> {
    return this.#state;
  }

  /** Resolves when the disk has everything that was changed so far. */
  async written(): Promise<void> {
    const journal = this.#journal;
    if (journal !== undefined) await new Promise<void>((resolve) => journal.whenDurable(resolve));
  }

  snapshot(): Entry {
    return [this.member.organisationId, { type: "snapshot", snapshot: toSnapshot(this.#state) }];
  }

  /** Ends the running operation when its time has come. */
  tallyUpgrades(now: number): void {
    const running = runningOperation(this.#state);
    if (running?.endsAt === undefined || running.endsAt === null || running.endsAt > now) return;
    const isLettingGo = running.kind === "restore" || running.kind === "createRestorePoint";
    const before = isLettingGo ? referencedSections(this.#state) : new Set<string>();
    // Not waited for: if this write is lost, the next start ends the operation again, in the same way.
    this.#write({ type: "operationEnded", id: running.id, at: running.endsAt })
      .then(() => this.#removeUnreferenced(before))
      .catch(() => undefined);
  }

  /** Applies the event at once; resolves when the disk has it. */
  async change(event: OrganisationEvent, now: number): Promise<void> {
    this.tallyUpgrades(now);
    const before = event.type === "trashPurged" ? purgedSections(this.#state, event.ids) : new Set<string>();
    await this.#write(event);
    await this.#removeUnreferenced(before);
  }

  /** Section numbers are taken before their bytes are written; one that is not used in the end is simply left out. */
  takeSectionNumber(): number {
    return this.#state.nextSection++;
  }

  takeDocumentNumber(): number {
    return this.#state.nextDocument++;
  }

  #write(event: OrganisationEvent): Promise<void> {
    applyEvent(this.#state, event);
    this.#journal?.append([[this.member.organisationId, event]]);
    return this.written();
  }

  async #removeUnreferenced(candidates: ReadonlySet<string>): Promise<void> {
    if (candidates.size === 0) return;
    const needed = referencedSections(this.#state);
    await this.blobs.remove([...candidates].filter((id) => !needed.has(id)));
  }
}

function purgedSections(state: OrganisationState, trashIds: readonly string[]): Set<string> {
  return new Set(trashIds.flatMap((id) => state.trash.get(id)?.document.sections.map((section) => section.id) ?? []));
}
