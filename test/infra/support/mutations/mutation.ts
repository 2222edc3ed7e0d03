// A fault that somebody could build into the templates, and what must catch it.

export interface Mutation {
  readonly name: string;
  /** Path below infra/, text that stands there, text instead. */
  readonly edits: readonly (readonly [path: string, from: string, to: string])[];
  /** Matches `rule: problem` of at least one finding. */
  readonly caught: RegExp;
}

export const one = (name: string, path: string, from: string, to: string, caught: RegExp): Mutation => ({
  name,
  edits: [[path, from, to]],
  caught,
});
