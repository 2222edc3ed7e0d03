// The one spelling of optional fields: an absent value is an absent field, never one that is undefined.

/** What of these fields has a value, to be spread: `{ id, ...defined({ reason, traceparent }) }`. */
export function defined<T extends object>(fields: T): { readonly [K in keyof T]?: Exclude<T[K], undefined> } {
  const present: { [K in keyof T]?: Exclude<T[K], undefined> } = {};
  for (const name in fields) {
    const value = fields[name];
    if (isDefined(value)) present[name] = value;
  }
  return present;
}

const isDefined = <V>(value: V): value is Exclude<V, undefined> => value !== undefined;
