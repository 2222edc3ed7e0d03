// One live organisation: its state, its journal, its bytes. Nothing here runs by itself: an operation that is due is
// ended by the next access, at the time that was recorded when it began, so a restart needs no timers to set up anew.
import type { FleetMember } from "../../fleet.ts";
import { applyEvent, initialState, referencedSections, runningOperation, toSnapshot } from "./apply.ts";
import type { Blobs } from "./blobs.ts";
import { fileBlobs, memoryBlobs } from "./blobs.ts";
import { Journal, readJournal } from "./journal.ts";
import type { Limiter } from "./limiter.ts";
import type { OrganisationEvent, OrganisationState } from "./model.ts";

export interface OrganisationOptions {
  readonly member: FleetMember;
  readonly version: string;
  /** Folder of this organisation; without it everything is kept in memory only. */
  readonly folder?: string;
  readonly limiter: Limiter;
}

export class Organisation {
  readonly member: FleetMember;
  readonly blobs: Blobs;
  readonly #state: OrganisationState;
  readonly #journal: Journal | undefined;
  #lastWrite: Promise<void> = Promise.resolve();

  constructor(options: OrganisationOptions) {
    const { member, folder, limiter } = options;
    this.member = member;
    this.#state = initialState(options.version);
    if (folder === undefined) {
      this.blobs = memoryBlobs();
      return;
    }
    const path = `${folder}/journal.jsonl`;
    const events = readJournal(path);
    for (const event of events) applyEvent(this.#state, event);
    this.blobs = fileBlobs(`${folder}/sections`, referencedSections(this.#state), limiter);
    const snapshot = (): OrganisationEvent => ({ type: "snapshot", snapshot: toSnapshot(this.#state) });
    this.#journal = new Journal({ path, limiter, snapshot }, events.length);
  }

  get state(): Readonly<OrganisationState> {
    return this.#state;
  }

  /** A write failed: what is in memory may not be on the disk, so this object must not be used any more. */
  get isBroken(): boolean {
    return this.#journal?.failed ?? false;
  }

  /** Ends the running operation when its time has come. */
  settle(now: number): void {
    const running = runningOperation(this.#state);
    if (running?.endsAt === undefined || running.endsAt === null || running.endsAt > now) return;
    const isLettingGo = running.kind === "restore" || running.kind === "createRestorePoint";
    const before = isLettingGo ? referencedSections(this.#state) : new Set<string>();
    // Not waited for: if this write is lost, the next start ends the operation again, in the same way.
    this.#write({ type: "operationEnded", id: running.id, at: running.endsAt }, true)
      .then(() => this.#removeUnreferenced(before))
      .catch(() => undefined);
  }

  /** Applies the event at once; resolves when it is written (`durable`: when the disk has it). */
  async change(event: OrganisationEvent, now: number, durable = false): Promise<void> {
    this.settle(now);
    const before = event.type === "trashPurged" ? purgedSections(this.#state, event.ids) : new Set<string>();
    await this.#write(event, durable);
    await this.#removeUnreferenced(before);
  }

  /** Resolves when everything that was changed so far is written. */
  written(): Promise<void> {
    return this.#lastWrite;
  }

  /** Section numbers are taken before their bytes are written; one that is not used in the end is simply left out. */
  takeSectionNumber(): number {
    return this.#state.nextSection++;
  }

  takeDocumentNumber(): number {
    return this.#state.nextDocument++;
  }

  #write(event: OrganisationEvent, durable: boolean): Promise<void> {
    if (this.isBroken) return Promise.reject(new Error("An earlier write of this organisation failed."));
    applyEvent(this.#state, event);
    this.#lastWrite = this.#journal?.append(event, durable) ?? Promise.resolve();
    // Every caller hears of a failure through its own promise; this keeps an unobserved copy from ending the process.
    this.#lastWrite.catch(() => undefined);
    return this.#lastWrite;
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
