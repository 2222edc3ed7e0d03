// Instants as parts of row keys: of fixed length, so that their order is that of time. From 1970 to the year 2286.

export const oldestFirst = (instant: number): string => String(instant).padStart(13, "0");
export const newestFirst = (instant: number): string => oldestFirst(9_999_999_999_999 - instant);
