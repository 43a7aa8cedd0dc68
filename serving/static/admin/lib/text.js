// Offsets: the server counts characters (code points), a browser counts UTF-16 units.

/** The position in code points of a position in UTF-16 units. */
export function toPoints(text, units) {
  let points = 0;
  for (let at = 0; at < units; points += 1) at += text.codePointAt(at) > 0xffff ? 2 : 1;
  return points;
}

/** The position in UTF-16 units of a position in code points. */
export function toUnits(text, points) {
  let at = 0;
  for (let seen = 0; seen < points && at < text.length; seen += 1) at += text.codePointAt(at) > 0xffff ? 2 : 1;
  return at;
}

/** The part of a text between two positions in code points. */
export const slicePoints = (text, begin, end) => text.slice(toUnits(text, begin), toUnits(text, end));

export const lengthInPoints = (text) => toPoints(text, text.length);

/** Cut a text into pieces, `{text, begin, end, mark}`, at marks with `begin` and `end` in code points; marks that overlap an earlier one are left out. */
export function pieces(text, marks) {
  const found = [];
  let at = 0;
  for (const mark of [...marks].sort((a, b) => a.begin - b.begin || b.end - a.end)) {
    if (mark.begin < at || mark.end <= mark.begin) continue;
    if (mark.begin > at) found.push({ text: slicePoints(text, at, mark.begin), begin: at, end: mark.begin, mark: null });
    found.push({ text: slicePoints(text, mark.begin, mark.end), begin: mark.begin, end: mark.end, mark });
    at = mark.end;
  }
  const end = lengthInPoints(text);
  if (at < end) found.push({ text: slicePoints(text, at, end), begin: at, end, mark: null });
  return found;
}
