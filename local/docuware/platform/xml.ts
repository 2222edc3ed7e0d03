// DocuWare's XML form of the same contracts that JSON carries: plain values are attributes, objects and lists are
// elements, links live in a namespace of their own, dates are ISO text. Clients that do not ask for JSON get this.
import { XMLBuilder, XMLParser } from "fast-xml-parser";

const PLATFORM = "http://dev.docuware.com/schema/public/services/platform";
const SERVICES = "http://dev.docuware.com/schema/public/services";

/** Lists that stand inside an element of the list's own name. */
const WRAPPED: Readonly<Record<string, string>> = {
  Fields: "Field",
  Sections: "Section",
  Items: "Document",
  Links: "s:Link",
  Resources: "Resource",
  Headers: "TableHeader",
  Rows: "Row",
  Rights: "Right",
};

type XmlNode = { [key: string]: XmlNode | XmlNode[] | string };

const builder = new XMLBuilder({ ignoreAttributes: false, attributeNamePrefix: "@", suppressBooleanAttributes: false });

/** Renders `value` (a JSON answer) as the document element `root`, e.g. "FileCabinets" or "s:Error". */
export function toXml(root: string, value: Readonly<Record<string, unknown>>): string {
  const content = root === "s:Error" ? errorNode(value) : node(value);
  const element = { "@xmlns": PLATFORM, "@xmlns:s": SERVICES, ...content };
  return `<?xml version="1.0" encoding="utf-8"?>${builder.build({ [root]: element })}`;
}

function errorNode({
  Uri,
  Method,
  StatusCode,
  Status,
  Message,
  Exception,
}: Readonly<Record<string, unknown>>): XmlNode {
  const attributes = { "@Uri": scalar(Uri), "@Method": scalar(Method), "@StatusCode": scalar(StatusCode) };
  return { ...attributes, "@Status": scalar(Status), "s:Message": scalar(Message), "s:Exception": scalar(Exception) };
}

function scalar(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value ?? "");
  const date = /^\/Date\((-?\d+)\)\/$/.exec(text)?.[1];
  // XML 1.0 cannot carry control characters, not even escaped.
  return date === undefined ? text.replace(/(?![\t\n\r])\p{Cc}/gu, "") : new Date(Number(date)).toISOString();
}

function node(value: Readonly<Record<string, unknown>>): XmlNode {
  const result: XmlNode = {};
  for (const [key, held] of Object.entries(value)) {
    if (held === null || held === undefined || key === "$type" || key === "ItemElementName") continue;
    if (key === "Item")
      result[typeof value["ItemElementName"] === "string" ? value["ItemElementName"] : key] = element(held);
    else if (Array.isArray(held)) addList(result, key, held);
    else if (isObject(held)) result[key] = node(held);
    else result[`@${key}`] = scalar(held);
  }
  return result;
}

function addList(result: XmlNode, key: string, list: readonly unknown[]): void {
  const items = list.map(element);
  const wrapped = WRAPPED[key];
  if (wrapped === undefined) result[key] = items.map((item) => (typeof item === "string" ? { "#text": item } : item));
  else
    result[key === "Links" ? "s:Links" : key] = {
      [wrapped]: items.map((item) => (typeof item === "string" ? { "#text": item } : item)),
    };
}

function element(value: unknown): XmlNode | string {
  if (Array.isArray(value)) return { Item: value.map((one) => ({ "#text": scalar(one) })) };
  return isObject(value) ? node(value) : scalar(value);
}

/** JSON values only: anything that is an object here has string keys. */
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const LISTS = new Set(["Field", "Condition", "Value", "Keyword", "Id", "SortOrder", "AdditionalResultFields"]);
const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: "",
  removeNSPrefix: true,
  parseTagValue: false,
  parseAttributeValue: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  isArray: (name) => LISTS.has(name),
});

/** Reads an XML request body into the shape of its JSON form; throws on malformed XML. */
export function fromXml(text: string): unknown {
  const parsed: unknown = parser.parse(text, true);
  const body = isObject(parsed) ? Object.values(parsed)[0] : undefined;
  return isObject(body) ? fromNode(body) : {};
}

const ITEM_ELEMENTS = ["String", "Int", "Decimal", "Memo", "Keywords", "Date", "DateTime"] as const;

function fromNode(body: Readonly<Record<string, unknown>>): unknown {
  const fields = isObject(body["Fields"]) ? body["Fields"]["Field"] : body["Field"];
  if (!Array.isArray(fields)) return body;
  const list = fields.filter(isObject).map(fieldFromNode);
  return isObject(body["Fields"]) ? { ...body, Fields: list } : { ...body, Field: list };
}

function fieldFromNode(field: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const ItemElementName = ITEM_ELEMENTS.find((name) => name in field);
  const { FieldName, IsNull } = field;
  return {
    FieldName,
    Item: ItemElementName === undefined ? null : field[ItemElementName],
    ...(ItemElementName === undefined ? {} : { ItemElementName }),
    ...(IsNull === undefined ? {} : { IsNull: IsNull === "true" }),
  };
}
