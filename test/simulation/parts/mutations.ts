// Defects that the invariants must catch. Each takes one safeguard away, at the ports, so that the code under test stays
// as it is.

export const MUTATIONS = {
  "etags ignored": "the table writes whatever the etag says",
  "history outside the transaction": "history entries are lost",
  "operation ids ignored": "the control plane takes every call for a new one",
  "fencing off": "the control plane takes operations of a worker that fell behind",
  "nothing sent again": "no reconciler, and coordinators treat every delivery as the first",
  "no reconciler": "the timer never fires",
  "maxInFlight ignored": "coordinators read a campaign without a limit",
  "failureBudget ignored": "coordinators read a campaign without a failure budget",
  "duplicates kept": "the queue has no duplicate detection",
  "suite not run": "verification passes without looking",
  "claims ignored": "nobody sees which campaign holds an organisation",
  "no deadlines": "no step is ever overdue",
  "status not asked": "a failed bringOnline is believed, whatever the control plane shows",
} as const;

export type Mutation = keyof typeof MUTATIONS;

export const MUTATION_NAMES = Object.keys(MUTATIONS) as readonly Mutation[];
