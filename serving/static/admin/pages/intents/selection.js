// What is selected of a text on the screen: positions in UTF-16 units, whole characters as people see them.

import { lengthInPoints, slicePoints, toPoints } from "../../lib/text.js";

const GRAPHEMES = new Intl.Segmenter(undefined, { granularity: "grapheme" });
const WORDS = new Intl.Segmenter(undefined, { granularity: "word" });

const starts = (segmenter, text) => [...[...segmenter.segment(text)].map(({ index }) => index), text.length];

/** The places between the characters of a text, its ends included. */
export const characterPlaces = (text) => starts(GRAPHEMES, text);
/** The places where words begin or end. */
export const wordPlaces = (text) => starts(WORDS, text);

/** The next place before (`step` -1) or after (1) one. */
export function nextPlace(places, at, step) {
  const found = step > 0 ? places.find((place) => place > at) : places.filter((place) => place < at).pop();
  return found ?? (step > 0 ? places[places.length - 1] : places[0]);
}

/** A selection widened to whole characters, without blanks at its ends, `{begin, end}` in code points; null: nothing is in it. */
export function snapped(text, one, other) {
  const places = characterPlaces(text);
  let from = Math.max(0, places.filter((place) => place <= Math.min(one, other)).pop() ?? 0);
  let to = places.find((place) => place >= Math.max(one, other)) ?? text.length;
  while (from < to && /\s/u.test(text[from])) from += 1;
  while (to > from && /\s/u.test(text[to - 1])) to -= 1;
  return from < to ? { begin: toPoints(text, from), end: toPoints(text, to) } : null;
}

/** How many UTF-16 units of an element's text stand before a place in it. */
export function unitsBefore(root, node, offset) {
  const range = document.createRange();
  range.setStart(root, 0);
  range.setEnd(node, offset);
  return range.toString().length;
}

/** The text node and offset of a place in an element's text. */
export function placeIn(root, units) {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  let left = units;
  let last = root;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (left <= node.length) return [node, left];
    left -= node.length;
    last = node;
  }
  return [last, last === root ? 0 : last.length];
}

/** The selection of the document within an element, `[anchor, focus]` in units; null if it has none. */
export function selectedIn(root) {
  const selection = document.getSelection();
  if (!selection?.rangeCount || !selection.anchorNode) return null;
  const range = selection.getRangeAt(0);
  if (!range.intersectsNode(root)) return null;
  const end = (node, offset, outside) => (root.contains(node) ? unitsBefore(root, node, offset) : outside);
  return [end(range.startContainer, range.startOffset, 0), end(range.endContainer, range.endOffset, root.textContent.length)];
}

/** The marks of a text after it was edited: those that the edit does not touch move along, one around it grows or shrinks. */
export function movedMarks(before, after, marks) {
  const [one, other] = [[...before], [...after]];
  let head = 0;
  while (head < Math.min(one.length, other.length) && one[head] === other[head]) head += 1;
  let tail = 0;
  while (tail < Math.min(one.length, other.length) - head && one[one.length - 1 - tail] === other[other.length - 1 - tail]) tail += 1;
  const [edited, shift] = [one.length - tail, other.length - one.length];
  const moved = marks.map((mark) => {
    if (mark.end <= head) return mark;
    if (mark.begin >= edited) return { ...mark, begin: mark.begin + shift, end: mark.end + shift };
    if (mark.begin <= head && mark.end >= edited) return { ...mark, end: mark.end + shift };
    return null;
  });
  return moved.filter((mark) => mark && mark.end > mark.begin && mark.end <= lengthInPoints(after))
    .map((mark) => ({ ...mark, value: slicePoints(after, mark.begin, mark.end) }))
    .filter((mark) => mark.value.trim() !== "");
}

/** The marks with another one; those that it overlaps go. */
export const withMark = (marks, mark) => [...marks.filter(({ begin, end }) => end <= mark.begin || begin >= mark.end), mark].sort((a, b) => a.begin - b.begin);
