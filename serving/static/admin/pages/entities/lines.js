// Values and synonyms as lines of text: `New York, NYC, Big Apple`. Quotes keep a comma: `"Paris, Texas", Paris TX`.

/** The words of a line, separated by commas, also those of other scripts, semicolons or tabs. */
function wordsOf(line) {
  const found = [];
  const cell = /\s*(?:"((?:[^"]|"")*)"|([^,;\t、،，；]*))\s*(?:[,;\t、،，；]|$)/gy;
  while (cell.lastIndex < line.length) {
    const match = cell.exec(line);
    if (!match) return null;
    const word = (match[1] !== undefined ? match[1].replaceAll('""', '"') : match[2]).trim();
    if (word) found.push(word);
  }
  return found;
}

const folded = (word) => word.toLowerCase().replace(/\s+/g, " ");

/** The values of pasted lines, `{values: [{value, synonyms}], repeated, faults}`; a value that is there twice is one. */
export function valuesOf(text) {
  const found = new Map();
  const faults = [];
  let repeated = 0;
  text.split(/\r\n|[\n\r]/).forEach((line, at) => {
    const words = wordsOf(line.trim());
    if (words === null) faults.push(at + 1);
    if (!words?.length) return;
    const [value, ...synonyms] = words;
    const known = found.get(folded(value));
    if (known) repeated += 1;
    const row = known || { value, synonyms: [] };
    found.set(folded(value), { ...row, synonyms: withWords(row, synonyms) });
  });
  return { values: [...found.values()], repeated, faults };
}

/** The synonyms of a value with more; each is there once, and none is the value itself. */
function withWords({ value, synonyms = [] }, more) {
  const all = new Map(synonyms.map((word) => [folded(word), word]));
  for (const word of more) if (!all.has(folded(word)) && word !== value) all.set(folded(word), word);
  return [...all.values()];
}

/** Values with others added: those that are there get the new synonyms. */
export function merged(values, more) {
  const rows = [...values];
  const places = new Map(rows.map((row, at) => [folded(row.value), at]));
  for (const row of more) {
    const at = places.get(folded(row.value));
    if (at === undefined) {
      places.set(folded(row.value), rows.length);
      rows.push(row);
    } else rows[at] = { ...rows[at], synonyms: withWords(rows[at], row.synonyms) };
  }
  return rows;
}

/** The synonyms that somebody has typed, with commas between them. */
export const synonymsOf = (text) => wordsOf(text) || text.split(",").map((word) => word.trim()).filter(Boolean);
export const written = (synonyms) => (synonyms || []).map((word) => (/[,;"\t、،，；]/.test(word) ? `"${word.replaceAll('"', '""')}"` : word)).join(", ");
