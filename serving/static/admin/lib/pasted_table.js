// What somebody pastes from a spreadsheet: rows of cells with tabs between them, quotes around a cell that holds a break.

const HEADINGS = new Set([
  "text", "texts", "example", "examples", "utterance", "utterances", "sentence", "sentences", "message", "messages",
  "phrase", "phrases", "question", "questions", "training phrase", "training phrases", "beispiel", "beispiele", "satz", "sätze", "nachricht",
  "ejemplo", "ejemplos", "texto", "frase", "frases", "exemple", "exemples", "texte", "phrase d'exemple",
]);
const CELL = /"((?:[^"]|"")*)"(?=[\t\r\n]|$)|[^\t\r\n\u2028\u2029]*/y;

/** The rows of a text, `[[cell]]`; blank ones are left out. Only a text with tabs has more than one column. */
export function rowsOf(text) {
  if (!text.includes("\t")) return text.split(/\r\n|[\n\r\u2028\u2029]/).map((line) => [line.trim()]).filter(([line]) => line);
  const rows = [[]];
  let at = 0;
  while (at <= text.length) {
    CELL.lastIndex = at;
    const [found, quoted] = CELL.exec(text);
    rows.at(-1).push((quoted === undefined ? found : quoted.replaceAll('""', '"')).replace(/\s+/g, " ").trim());
    at += found.length;
    if (text[at] !== "\t") rows.push([]);
    at += text.startsWith("\r\n", at) ? 2 : 1;
  }
  return rows.filter((row) => row.some(Boolean));
}

/** The column that holds the sentences: the one with the longest texts. */
export function likeliestColumn(rows) {
  const width = Math.max(0, ...rows.map((row) => row.length));
  const sizes = Array.from({ length: width }, (_, at) => rows.reduce((sum, row) => sum + (row[at] || "").length, 0));
  return Math.max(0, sizes.indexOf(Math.max(...sizes)));
}

/** Whether the first row names the columns, by the name of one of them. */
export const beginsWithHeading = (rows) => rows.length > 1 && rows[0].some((cell) => HEADINGS.has(cell.toLowerCase()));
