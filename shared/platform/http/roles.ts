// App roles of the API. The platform knows none of them: capabilities declare theirs (resources.ts), and
// shared/capabilities.ts adds the names of all of them to this interface, so that an endpoint can name no other.

export interface Declared {}

export type Role = Declared extends { readonly role: infer R extends string } ? R : never;
