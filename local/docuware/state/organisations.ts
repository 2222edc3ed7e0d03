// All organisations of the simulator, each loaded from its folder when it is first asked for.
import { join } from "node:path";
import type { FleetMember } from "../../fleet.ts";
import { Limiter } from "./limiter.ts";
import { Organisation } from "./organisation.ts";

const MAX_OPEN_FILES = 64;

export interface OrganisationsOptions {
  readonly members: readonly FleetMember[];
  readonly version: string;
  readonly dataDir?: string;
  readonly now: () => number;
}

export class Organisations {
  readonly members: readonly FleetMember[];
  readonly #byId: ReadonlyMap<string, FleetMember>;
  readonly #loaded = new Map<string, Organisation>();
  readonly #options: OrganisationsOptions;
  readonly #limiter = new Limiter(MAX_OPEN_FILES);

  constructor(options: OrganisationsOptions) {
    this.#options = options;
    this.members = options.members;
    this.#byId = new Map(options.members.map((member) => [member.organisationId, member]));
    if (this.#byId.size !== options.members.length) throw new Error("Two organisations of the fleet have the same id.");
    for (const id of this.#byId.keys()) {
      // Ids become folder names and parts of addresses.
      if (!/^[A-Za-z0-9][A-Za-z0-9-]{0,99}$/.test(id)) throw new Error(`"${id}" cannot be the id of an organisation.`);
    }
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
    const known = this.#loaded.get(organisationId);
    const organisation = known === undefined || known.isBroken ? this.#load(member) : known;
    organisation.settle(this.now());
    return organisation;
  }

  /** Resolves when everything that was changed so far is written. */
  async written(): Promise<void> {
    await Promise.allSettled([...this.#loaded.values()].map((organisation) => organisation.written()));
  }

  #load(member: FleetMember): Organisation {
    const { dataDir, version } = this.#options;
    const folder = dataDir === undefined ? {} : { folder: join(dataDir, "organisations", member.organisationId) };
    const organisation = new Organisation({ member, version, limiter: this.#limiter, ...folder });
    this.#loaded.set(member.organisationId, organisation);
    return organisation;
  }
}
