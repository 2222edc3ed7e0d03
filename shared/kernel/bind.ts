// A use case takes what it needs first. Bound to it once, it is a verb that triggers and endpoints call.

/** The use case without its first parameter. */
export const bind =
  <Needs, Rest extends readonly unknown[], Answer>(needs: Needs, useCase: (needs: Needs, ...rest: Rest) => Answer) =>
  (...rest: Rest): Answer =>
    useCase(needs, ...rest);
