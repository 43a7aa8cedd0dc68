// Marking entities in a text: select words with the mouse, or with the arrow keys once the text has the focus.

import { wasStray } from "../lib/double_clicks.js";
import { html, useRef, useState } from "../lib/html.js";
import { pieces, slicePoints, toPoints } from "../lib/text.js";
import { Button } from "./button.js";
import { hueOf } from "./marked_text.js";
import { Picker } from "./picker.js";

const WORD = /[\p{L}\p{M}\p{N}]+(?:[-'’.@_/][\p{L}\p{M}\p{N}]+)*|[^\s\p{L}\p{M}\p{N}]+/gu;

/** The words of a text, `[{begin, end}]` in code points. */
export const wordsOf = (text) => [...text.matchAll(WORD)].map((found) => ({ begin: toPoints(text, found.index), end: toPoints(text, found.index + found[0].length) }));

/** The span that a selection means: without spaces at its ends, and no half words. Null if nothing is left. */
export function spanOf(words, begin, end) {
  const touched = words.filter((word) => word.begin < end && word.end > begin);
  return touched.length ? { begin: touched[0].begin, end: touched.at(-1).end } : null;
}

/** The position in code points of a place that a selection in the element names. */
function pointIn(element, node, offset) {
  const before = document.createRange();
  before.selectNodeContents(element);
  before.setEnd(node, offset);
  const fragment = before.cloneContents();
  for (const note of fragment.querySelectorAll("[data-note]")) note.remove();
  const text = fragment.textContent;
  return toPoints(text, text.length);
}

/**
 * A text whose entities can be marked. `marks` are `[{begin, end, name, value}]` in code points, `entities` the names to
 * choose from; `onChange(marks)` gets the new ones.
 */
export function Annotator({ text, marks, entities, onChange, label = "Text" }) {
  const box = useRef(null);
  const words = wordsOf(text);
  const cursor = useRef({ from: 0, to: 0 });
  const [span, setSpan] = useState(null); // what an entity is being chosen for
  const [word, setWord] = useState(null); // what the arrow keys have selected
  const current = useRef(marks);
  current.current = marks;

  const choose = () => {
    const selected = getSelection();
    if (wasStray() || !selected.rangeCount || selected.isCollapsed || !box.current.contains(selected.anchorNode) || !box.current.contains(selected.focusNode)) return;
    const range = selected.getRangeAt(0);
    const found = spanOf(words, pointIn(box.current, range.startContainer, range.startOffset), pointIn(box.current, range.endContainer, range.endOffset));
    if (found) setSpan(found);
  };
  const select = (from, to) => {
    cursor.current = { from, to };
    setWord({ begin: words[Math.min(from, to)].begin, end: words[Math.max(from, to)].end });
  };
  const press = (event) => {
    const { from, to } = cursor.current;
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!words.length || event.ctrlKey || event.metaKey || event.altKey) return;
    if (step) {
      const next = Math.max(0, Math.min(words.length - 1, word === null ? to : to + step));
      select(event.shiftKey ? from : next, next);
    } else if ((event.key === "Enter" || event.key === " ") && word) setSpan(word);
    else if (event.key === "Delete" || event.key === "Backspace") {
      if (word) onChange(current.current.filter((mark) => mark.begin >= word.end || mark.end <= word.begin));
    } else if (event.key === "Escape") {
      setWord(null);
      box.current.blur();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const take = ({ id }) => {
    const kept = current.current.filter((mark) => mark.begin >= span.end || mark.end <= span.begin);
    const added = { ...span, name: id, value: slicePoints(text, span.begin, span.end) };
    onChange([...kept, added].sort((a, b) => a.begin - b.begin));
    close();
  };
  const close = () => {
    setSpan(null);
    getSelection().removeAllRanges();
    box.current.focus();
  };
  const drop = (mark) => onChange(current.current.filter((each) => each !== mark));
  const shown = span || word;

  return html`<div class="annotator">
    <div ref=${box} class="annotator-text marked" dir="auto" tabindex="0" role="group" aria-label=${`${label}: ${text}`} aria-description="Arrow keys select words, with Shift several; Enter marks them, Delete takes a mark away."
      onMouseUp=${choose} onTouchEnd=${choose} onKeyDown=${press} onBlur=${() => setWord(null)}>
      ${cut(text, marks, shown).map(({ text: piece, mark, begin, isChosen }) => mark
        ? html`<mark key=${begin} class=${isChosen ? "chosen" : ""} style=${{ "--hue": hueOf(mark.name) }}>${piece}<small data-note>${mark.name}</small></mark>`
        : html`<span key=${begin} class=${isChosen ? "chosen" : ""}>${piece}</span>`)}
    </div>
    <p class="unseen" role="status">${shown ? slicePoints(text, shown.begin, shown.end) : ""}</p>
    ${span && html`<div class="annotator-choice">
      <p>What is <strong>${slicePoints(text, span.begin, span.end)}</strong>?</p>
      <${Picker} label="Entity" options=${entities.map((name) => ({ id: name, title: name }))} onPick=${take} onClose=${close} empty="No entity is called that. Make it on the entities page first." />
    </div>`}
    ${marks.length > 0 && html`<ul class="annotator-marks row" aria-label="Marked">${marks.map((mark) => html`<li key=${mark.begin} class="badge">
      ${mark.value && mark.value !== slicePoints(text, mark.begin, mark.end) ? `${slicePoints(text, mark.begin, mark.end)} = ${mark.value}` : slicePoints(text, mark.begin, mark.end)}: ${mark.name}
      <${Button} kind="quiet" isSmall aria-label=${`Take the mark ${mark.name} away from ${slicePoints(text, mark.begin, mark.end)}`} onClick=${() => drop(mark)}>✕<//></li>`)}</ul>`}
  </div>`;
}

/** The pieces of the text, cut also where the chosen span begins and ends. */
function cut(text, marks, span) {
  if (!span) return pieces(text, marks);
  const free = { ...span, name: null };
  const touched = marks.some((mark) => mark.begin < span.end && mark.end > span.begin);
  return pieces(text, touched ? marks : [...marks, free]).map((piece) => {
    const isChosen = piece.begin < span.end && piece.end > span.begin;
    return piece.mark?.name === null ? { ...piece, mark: null, isChosen } : { ...piece, isChosen };
  });
}
