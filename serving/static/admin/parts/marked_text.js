import { html } from "../lib/html.js";
import { pieces } from "../lib/text.js";

/** Colours of entities: by name, so that one has the same everywhere. */
export function hueOf(name) {
  let sum = 0;
  for (const letter of name) sum = (sum * 31 + letter.codePointAt(0)) % 360;
  return sum;
}

/** A text with its marks, `[{begin, end, name}]` in code points. */
export function MarkedText({ text, marks = [] }) {
  return html`<span class="marked" dir="auto">${pieces(text, marks).map(({ text: piece, mark, begin }) => mark
    ? html`<mark key=${begin} style=${{ "--hue": hueOf(mark.name) }} title=${mark.name}>${piece}<small>${mark.name}</small></mark>`
    : html`<span key=${begin}>${piece}</span>`)}</span>`;
}
