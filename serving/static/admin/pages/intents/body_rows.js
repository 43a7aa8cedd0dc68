// A JSON body as rows of names and values, for people who write no JSON.

const EXPRESSION = /\{\{[\s\S]*?\}\}/g;
const ONE_EXPRESSION = /^\s*\{\{[\s\S]*?\}\}\s*$/;
const MARK = "\u0001";
const LITERAL = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?)$/;

/** The rows `[{name, value}]` of a body; null: it has a shape that rows cannot show, or is no JSON. */
export function rowsOf(body) {
  const kept = [];
  let isInText = false;
  let marked = "";
  let at = 0;
  // an expression outside of quotes stands for a whole value
  for (const found of body.matchAll(EXPRESSION)) {
    const before = body.slice(at, found.index);
    isInText = inText(before, isInText);
    kept.push(found[0]);
    const mark = `${MARK}${kept.length - 1}${MARK}`;
    marked += before + (isInText ? mark.replaceAll(MARK, "\\u0001") : JSON.stringify(mark));
    at = found.index + found[0].length;
  }
  if (body.includes("{%")) return null;
  let content;
  try {
    content = JSON.parse(marked + body.slice(at));
  } catch {
    return null;
  }
  if (content === null || typeof content !== "object" || Array.isArray(content)) return null;
  const restored = (text) => text.replace(/\u0001(\d+)\u0001/g, (_, number) => kept[Number(number)]);
  const entries = Object.entries(content);
  if (entries.some(([, value]) => value !== null && typeof value === "object")) return null;
  return entries.map(([name, value]) => ({ name: restored(name), value: typeof value === "string" ? restored(value) : String(value), isText: typeof value === "string" && LITERAL.test(value) }));
}

/** Whether the end of a piece of JSON is inside a text. */
function inText(piece, before) {
  let isInside = before;
  for (let at = 0; at < piece.length; at += 1) {
    if (piece[at] === "\\" && isInside) at += 1;
    else if (piece[at] === '"') isInside = !isInside;
  }
  return isInside;
}

/** A text of JSON in which expressions stay as they are. */
function quoted(text) {
  let written = "";
  let at = 0;
  for (const found of text.matchAll(EXPRESSION)) {
    written += JSON.stringify(text.slice(at, found.index)).slice(1, -1) + found[0];
    at = found.index + found[0].length;
  }
  return `"${written}${JSON.stringify(text.slice(at)).slice(1, -1)}"`;
}

/** The body of rows: a value that is one expression, a number, true, false or null stands alone, the rest are texts. */
export function bodyOf(rows) {
  const lines = rows.map(({ name, value, isText }) => {
    const isBare = ONE_EXPRESSION.test(value) || (!isText && LITERAL.test(value.trim()));
    return `  ${quoted(name)}: ${isBare ? value.trim() : quoted(value)}`;
  });
  return rows.length ? `{\n${lines.join(",\n")}\n}` : "{}";
}

/** A body with a value for each parameter. */
export const bodyFor = (parameters) => bodyOf(parameters.map(({ name }) => ({ name, value: `{{ parameters.${name} }}` })));
