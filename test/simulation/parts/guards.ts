// Puts every call of a port behind a gate, and breaks ports on purpose for the mutation list.

import type { ControlPlane } from "../../../shared/docuware/control-plane/control-plane.ts";
import type { Cells, ListQuery, Table, Tables } from "../../../shared/platform/tables/tables.ts";
import type { Guard } from "./gates.ts";
import type { Mutation } from "./mutations.ts";

export function guardTables(tables: Tables, guard: Guard, mutation: Mutation | undefined): Tables {
  return {
    ensure: (names) => tables.ensure(names),
    table(name) {
      const table = mutated(name, tables.table(name), mutation);
      return {
        read: (key) => guard(`${name}.read`, () => table.read(key)),
        insert: (key, cells) => guard(`${name}.insert`, () => table.insert(key, cells)),
        replace: (key, cells, etag) => guard(`${name}.replace`, () => table.replace(key, cells, etag)),
        remove: (key, etag) => guard(`${name}.remove`, () => table.remove(key, etag)),
        transact: (partition, writes) => guard(`${name}.transact`, () => table.transact(partition, writes)),
        list: (query) =>
          isQueueOfNotices(name, query) ? table.list(query) : guard(`${name}.list`, () => table.list(query)),
      };
    },
  };
}

/** 16 shards at a time: 16 gates that say nothing which one of them does not say (and test/unit/notices kills there). */
const isQueueOfNotices = (name: string, { rowPrefix }: ListQuery): boolean => name === "Notices" && rowPrefix === "d|";

/** Calls that change nothing: to die before or after one of them is the same. */
export const isRead = (call: string): boolean =>
  call.endsWith(".read") || call.endsWith(".list") || call === "poll" || call === "status";

function mutated(name: string, table: Table, mutation: Mutation | undefined): Table {
  if (mutation === "claims ignored" && name === "UpgradeClaims") {
    return {
      ...table,
      list: async () => ({ rows: [], cursor: undefined }),
      transact: async (_, writes) => ({ kind: "written", etags: writes.map(() => "") }),
    };
  }
  const cell = mutation === "maxInFlight ignored" ? "maxInFlight" : "failureBudget";
  if (mutation !== `${cell} ignored` || name !== "Upgrades") return table;
  return withoutLimit(table, cell);
}

/** The campaign's row comes with a limit of 1,000, and goes back with its own. */
function withoutLimit(table: Table, cell: "maxInFlight" | "failureBudget"): Table {
  const restored = async (partition: string, row: string, cells: Cells): Promise<Cells> => {
    const limit = row === "c" ? (await table.read({ partition, row }))?.cells[cell] : undefined;
    return limit === undefined ? cells : { ...cells, [cell]: limit };
  };
  return {
    ...table,
    async read(key) {
      const row = await table.read(key);
      return row === undefined || key.row !== "c" ? row : { ...row, cells: { ...row.cells, [cell]: 1000 } };
    },
    replace: async (key, cells, etag) => table.replace(key, await restored(key.partition, key.row, cells), etag),
    async transact(partition, writes) {
      const whole = writes.map(async (write) =>
        write.kind === "remove" ? write : { ...write, cells: await restored(partition, write.row, write.cells) },
      );
      return table.transact(partition, await Promise.all(whole));
    },
  };
}

export const guardControlPlane = (
  controlPlane: ControlPlane,
  guard: Guard,
  onTakeOffline: (organisationId: string, campaignId: string) => void,
): ControlPlane => ({
  begin(request) {
    if (request.action.kind === "takeOffline") onTakeOffline(request.organisationId, request.sequenceScope);
    return guard(`begin ${request.action.kind}`, () => controlPlane.begin(request));
  },
  poll: (organisationId, operationId) => guard("poll", () => controlPlane.poll(organisationId, operationId)),
  status: (organisationId) => guard("status", () => controlPlane.status(organisationId)),
});
