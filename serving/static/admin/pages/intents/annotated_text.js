import { wasStray } from "../../lib/double_clicks.js";
import { html, useEffect, useRef, useState } from "../../lib/html.js";
import { pieces, slicePoints, toPoints, toUnits } from "../../lib/text.js";
import { hueOf } from "../../parts/marked_text.js";
import { characterPlaces, nextPlace, placeIn, selectedIn, snapped, wordPlaces } from "./selection.js";

const HELP = "Arrow keys move, with Shift they select, with Ctrl by words. Enter chooses an entity for what is selected, or edits the text. Delete removes a mark.";

/**
 * A text in which values are marked by selecting them, with a mouse or the keyboard. `onChoose({begin, end, mark, rect})`
 * asks for an entity, positions in code points; `onRemove(mark)`, `onEdit()` and `onStep(1 or -1)` are what keys do.
 */
export function AnnotatedText({ text, marks, number, onChoose, onRemove, onEdit, onStep }) {
  const root = useRef(null);
  const bar = useRef(null);
  // keys come faster than renderings, so the place is no state
  const caret = useRef({ anchor: 0, focus: 0 });
  const [said, setSaid] = useState("");

  const markAt = (units) => {
    const at = toPoints(text, units);
    return marks.find(({ begin, end }) => begin <= at && at <= end);
  };
  const rectOf = () => {
    const range = document.getSelection().rangeCount ? document.getSelection().getRangeAt(0) : null;
    const rect = range?.getClientRects()[0];
    return rect && rect.height ? range.getBoundingClientRect() : root.current.getBoundingClientRect();
  };
  const draw = () => {
    const { anchor, focus } = caret.current;
    const range = document.createRange();
    range.setStart(...placeIn(root.current, focus));
    const rect = range.getClientRects()[0] || root.current.getBoundingClientRect();
    const frame = root.current.parentNode.getBoundingClientRect();
    bar.current.hidden = anchor !== focus;
    bar.current.style.transform = `translate(${rect.left - frame.left}px, ${rect.top - frame.top}px)`;
    bar.current.style.height = `${rect.height || 18}px`;
  };
  const show = () => {
    const { anchor, focus } = caret.current;
    document.getSelection().setBaseAndExtent(...placeIn(root.current, anchor), ...placeIn(root.current, focus));
    draw();
    const found = snapped(text, anchor, focus);
    setSaid(found && anchor !== focus ? `Selected: ${slicePoints(text, found.begin, found.end)}` : "");
  };
  const hide = () => {
    if (bar.current) bar.current.hidden = true; // it also loses the focus by going
  };
  useEffect(() => {
    caret.current = { anchor: Math.min(caret.current.anchor, text.length), focus: Math.min(caret.current.focus, text.length) };
  }, [text]);

  const choose = (one, other) => {
    const found = one === other ? null : snapped(text, one, other);
    const mark = found ? marks.find(({ begin, end }) => begin === found.begin && end === found.end) : markAt(one);
    if (!found && !mark) return false;
    const { begin, end } = found || mark;
    caret.current = { anchor: toUnits(text, begin), focus: toUnits(text, end) };
    onChoose({ begin, end, mark, rect: rectOf() });
    return true;
  };
  const press = () => {
    const release = () => {
      const chosen = root.current && selectedIn(root.current);
      if (!chosen || wasStray()) return;
      const [anchor, focus] = chosen;
      caret.current = { anchor, focus };
      hide();
      choose(anchor, focus);
    };
    // after the browser has settled what a click leaves selected
    document.addEventListener("pointerup", () => setTimeout(release), { once: true });
  };
  const move = (focus, isExtending) => {
    caret.current = { anchor: isExtending ? caret.current.anchor : focus, focus };
    show();
  };
  const keys = (event) => {
    const { anchor, focus } = caret.current;
    const isByWord = event.ctrlKey || event.altKey;
    const isRightToLeft = getComputedStyle(root.current).direction === "rtl";
    const step = { ArrowRight: isRightToLeft ? -1 : 1, ArrowLeft: isRightToLeft ? 1 : -1 }[event.key];
    if (step) move(nextPlace(isByWord ? wordPlaces(text) : characterPlaces(text), focus, step), event.shiftKey);
    else if (event.key === "Home" || event.key === "End") move(event.key === "Home" ? 0 : text.length, event.shiftKey);
    else if (event.key === "a" && (event.ctrlKey || event.metaKey)) {
      caret.current = { anchor: 0, focus: text.length };
      show();
    } else if (event.key === "ArrowUp" || event.key === "ArrowDown") onStep(event.key === "ArrowDown" ? 1 : -1);
    else if (event.key === "Enter") choose(anchor, focus) || onEdit();
    else if (event.key === "F2") onEdit();
    else if (event.key === "Delete" || event.key === "Backspace") {
      const mark = markAt(focus);
      if (mark) onRemove(mark);
    } else if (event.key === "Escape" && anchor !== focus) move(focus, false);
    else return;
    event.preventDefault();
  };
  return html`<div class="annotated-frame">
    <div class="annotated" ref=${root} dir="auto" tabindex="0" role="textbox" aria-readonly="true" aria-label=${`Example ${number}: ${text}`}
      aria-description=${HELP} onKeyDown=${keys} onPointerDown=${press} onFocus=${(event) => event.target.matches(":focus-visible") && show()} onBlur=${hide}
      onDblClick=${(event) => event.detail > 2 && onEdit()}>${pieces(text, marks).map(({ text: piece, mark, begin }) => mark
        ? html`<mark key=${`${begin}-${mark.name}`} data-name=${mark.name} style=${{ "--hue": hueOf(mark.name) }}>${piece}</mark>`
        : html`<span key=${begin}>${piece}</span>`)}</div>
    <i class="caret" ref=${bar} hidden aria-hidden="true"></i>
    <span class="unseen" role="status">${said}</span>
  </div>`;
}
