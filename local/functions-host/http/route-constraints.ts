// The inline route constraints of ASP.NET, e.g. `{id:int}` or `{name:length(3,20)}`.

export type Constraint = (value: string) => boolean;

const INT = { min: -2_147_483_648n, max: 2_147_483_647n };
const LONG = { min: -9_223_372_036_854_775_808n, max: 9_223_372_036_854_775_807n };
const NUMBER = /^\s*[-+]?(?:\d[\d,]*\.?\d*|\.\d+)(?:e[-+]?\d+)?\s*$/iu;
const GUID =
  /^(?:[\da-f]{32}|[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}|\{[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\}|\([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\))$/iu;

const integerBetween =
  (min: bigint, max: bigint): Constraint =>
  (value) => {
    if (!/^\s*[-+]?\d{1,40}\s*$/u.test(value)) return false;
    const number = BigInt(value.trim().replace(/^\+/u, ""));
    return number >= min && number <= max;
  };

const PLAIN: Readonly<Record<string, Constraint>> = {
  int: integerBetween(INT.min, INT.max),
  long: integerBetween(LONG.min, LONG.max),
  bool: (value) => /^\s*(?:true|false)\s*$/iu.test(value),
  datetime: (value) => !Number.isNaN(Date.parse(value)),
  decimal: (value) => NUMBER.test(value),
  double: (value) => NUMBER.test(value),
  float: (value) => NUMBER.test(value),
  guid: (value) => GUID.test(value),
  alpha: (value) => /^[a-z]*$/iu.test(value),
  required: (value) => value !== "",
  file: isFileName,
  nonfile: (value) => !isFileName(value),
};

/** As ASP.NET: the last segment has a dot with something behind it. */
function isFileName(value: string): boolean {
  const last = value.slice(value.lastIndexOf("/") + 1);
  const dot = last.indexOf(".");
  return dot >= 0 && dot < last.length - 1;
}

/** The rule of one constraint text such as `int` or `range(1,9)`. @throws Error when there is no such constraint. */
export function parseConstraint(text: string): Constraint {
  const call = /^([a-z]+)\((.*)\)$/isu.exec(text);
  if (call === null) {
    const plain = PLAIN[text.toLowerCase()];
    if (plain === undefined) throw new Error(`The route constraint '${text}' is not known.`);
    return plain;
  }
  const [, name = "", argument = ""] = call;
  if (name.toLowerCase() === "regex") return regexConstraint(argument);
  const numbers = argument.split(",").map((part) => part.trim());
  if (!numbers.every((part) => /^-?\d{1,18}$/u.test(part))) {
    throw new Error(`The route constraint '${text}' needs whole numbers.`);
  }
  const constraint = numericConstraint(name.toLowerCase(), numbers);
  if (constraint === undefined) throw new Error(`The route constraint '${text}' is not known.`);
  return constraint;
}

function regexConstraint(pattern: string): Constraint {
  let regex: RegExp;
  try {
    regex = new RegExp(pattern, "iu");
  } catch {
    throw new Error(`The route constraint 'regex(${pattern})' is not a valid regular expression.`);
  }
  return (value) => regex.test(value);
}

function numericConstraint(name: string, numbers: readonly string[]): Constraint | undefined {
  const [first, second] = numbers;
  if (first === undefined || numbers.length > 2) return undefined;
  const low = Number(first);
  if (second !== undefined) {
    if (name === "length") return (value) => value.length >= low && value.length <= Number(second);
    return name === "range" ? integerBetween(BigInt(first), BigInt(second)) : undefined;
  }
  if (name === "length") return (value) => value.length === low;
  if (name === "minlength") return (value) => value.length >= low;
  if (name === "maxlength") return (value) => value.length <= low;
  if (name === "min") return integerBetween(BigInt(first), LONG.max);
  return name === "max" ? integerBetween(LONG.min, BigInt(first)) : undefined;
}
