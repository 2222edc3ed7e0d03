// What can be changed in a source so that a test should notice: operators, conditions, literals, results, effects.
import { parseSync } from "oxc-parser";

export interface Mutant {
  readonly file: string;
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
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
  const { program, errors } = parseSync(file, source);
  if (errors.length > 0) throw new Error(`${file} cannot be parsed: ${errors[0]?.message ?? ""}`);
  const found: Mutant[] = [];
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit);
    if (!isNode(value) || isLeftAlone(value)) return;
    for (const [at, replacement] of changesOf(value, source)) {
      if (source.slice(at.start, at.end) !== replacement)
        found.push({ file, start: at.start, end: at.end, replacement });
    }
    Object.values(value).forEach(visit);
  };
  visit(program);
  return found;
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
  if (typeof value === "number") return [[node, String(value + 1)]];
  // A sentence is for people; a word decides something.
  return typeof value === "string" && /^\S+$/u.test(value) ? [[node, `"mutated"`]] : [];
}
