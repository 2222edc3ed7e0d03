// What can be changed in a source so that a test should notice: operators, conditions, literals, results, effects; and the
// source with a mark in each of its functions, which tells what tests run.
import { readFileSync } from "node:fs";
import { parseSync } from "oxc-parser";

export interface Mutant {
  readonly file: string;
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
  /** The function that it is in, as the marks name it. */
  readonly scope: string;
}

/** A node of the syntax tree; what it holds depends on its type. */
interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

const OPERATORS: Readonly<Record<string, readonly string[]>> = {
  "===": ["!=="],
  "!==": ["==="],
  "<": ["<=", ">="],
  "<=": ["<", ">"],
  ">": [">=", "<="],
  ">=": [">", "<"],
  "+": ["-"],
  "-": ["+"],
  "*": ["/"],
  "/": ["*"],
  "&&": ["||"],
  "||": ["&&"],
  "??": ["&&"],
};
const METHODS: Readonly<Record<string, string>> = {
  some: "every",
  every: "some",
  min: "max",
  max: "min",
  toSorted: "slice",
  filter: "slice",
};

/** Every mutant of one file, in the order of the text. */
export function mutantsOf(file: string, source: string): readonly Mutant[] {
  const found: Mutant[] = [];
  walk(file, source, (node, scope) => {
    for (const [at, replacement] of changesOf(node, source)) {
      if (source.slice(at.start, at.end) !== replacement)
        found.push({ file, start: at.start, end: at.end, replacement, scope });
    }
  });
  return found;
}

/** The file with the change. */
export function mutated({ file, start, end, replacement }: Mutant): string {
  const source = readFileSync(file, "utf8");
  return source.slice(0, start) + replacement + source.slice(end);
}

/** The source with a call of `mark` at the beginning of the file and of each function. */
export function markedSource(file: string, source: string): string {
  const added: { at: number; text: string }[] = [{ at: 0, text: `globalThis.mark?.("${file}#0");` }];
  walk(file, source, ({ type, body }, scope) => {
    if (!FUNCTIONS.has(type) || !isNode(body)) return;
    const mark = `globalThis.mark?.("${scope}")`;
    if (body.type === "BlockStatement" || body.type === "FunctionBody") {
      added.push({ at: body.start + 1, text: `${mark};` });
    } else {
      added.push({ at: body.start, text: `(${mark}, ` }, { at: body.end, text: ")" });
    }
  });
  return added
    .toSorted((a, b) => b.at - a.at)
    .reduce((code, { at, text }) => code.slice(0, at) + text + code.slice(at), source);
}

const FUNCTIONS: ReadonlySet<string> = new Set([
  "ArrowFunctionExpression",
  "FunctionDeclaration",
  "FunctionExpression",
]);

/** Each node that is there at run time, with the name of the function that it is, or is in. */
function walk(file: string, source: string, see: (node: Node, scope: string) => void): void {
  const { program, errors } = parseSync(file, source);
  if (errors.length > 0) throw new Error(`${file} cannot be parsed: ${errors[0]?.message ?? ""}`);
  let functions = 0;
  const visit = (value: unknown, outer: string): void => {
    if (Array.isArray(value)) for (const item of value) visit(item, outer);
    if (!isNode(value) || isLeftAlone(value)) return;
    const scope = FUNCTIONS.has(value.type) ? `${file}#${(functions += 1)}` : outer;
    see(value, scope);
    for (const part of Object.values(value)) visit(part, scope);
  };
  visit(program, `${file}#0`);
}

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && "type" in value && "start" in value;

/** Types are not there at run time; imports and texts for people prove nothing. */
const isLeftAlone = ({ type }: Node): boolean =>
  (type.startsWith("TS") && !["TSAsExpression", "TSNonNullExpression", "TSSatisfiesExpression"].includes(type)) ||
  type === "ImportDeclaration" ||
  type === "TemplateLiteral";

type Span = Pick<Node, "start" | "end">;
type Change = readonly [at: Span, replacement: string];

function changesOf(node: Node, source: string): readonly Change[] {
  const text = (part: unknown): string => (isNode(part) ? source.slice(part.start, part.end) : "");
  switch (node.type) {
    case "BinaryExpression":
    case "LogicalExpression":
      return operatorChanges(node, source);
    case "IfStatement":
    case "ConditionalExpression":
      return isNode(node["test"])
        ? [
            [node["test"], "true"],
            [node["test"], "false"],
          ]
        : [];
    case "UnaryExpression":
      return node["operator"] === "!" ? [[node, text(node["argument"])]] : [];
    case "Literal":
      return literalChanges(node);
    case "ReturnStatement":
      return isNode(node["argument"]) ? [[node, "return undefined;"]] : [];
    case "ArrowFunctionExpression":
      return node["expression"] === true && isNode(node["body"]) ? [[node["body"], "undefined"]] : [];
    case "ThrowStatement":
      return [[node, ";"]];
    case "ExpressionStatement":
      return /^(?:await |void )?[\w.#?]+\(/u.test(text(node)) ? [[node, ";"]] : [];
    case "MemberExpression": {
      const other = METHODS[text(node["property"])];
      return other !== undefined && isNode(node["property"]) ? [[node["property"], other]] : [];
    }
    default:
      return [];
  }
}

function operatorChanges(node: Node, source: string): readonly Change[] {
  const { left, right } = node;
  if (!isNode(left) || !isNode(right)) return [];
  const operator = String(node["operator"]);
  // Between the two sides there are only the operator, spaces and comments.
  const start = source.indexOf(operator, left.end);
  return (OPERATORS[operator] ?? []).map((other) => [{ start, end: start + operator.length }, other] as const);
}

function literalChanges(node: Node): readonly Change[] {
  const { value } = node;
  if (typeof value === "boolean") return [[node, String(!value)]];
  // One more than a thousand matters to nobody, twice as much does.
  if (typeof value === "number") return [[node, String(value < 1000 ? value + 1 : value * 2)]];
  // A sentence is for people; a word decides something.
  return typeof value === "string" && /^\S+$/u.test(value) ? [[node, `"mutated"`]] : [];
}
