import { html } from "../../lib/html.js";
import { confidence, percent } from "../../lib/format.js";
import { ORIGINS, marksOf, shownValue } from "../../lib/turns.js";
import { IntentName } from "../intent_name.js";
import { MarkedText } from "../marked_text.js";

/** The message with what was found in it. */
export function Message({ turn }) {
  return html`<div class="stack tight">
    <p class="said-text"><${MarkedText} text=${turn.text} marks=${marksOf(turn.entities)} /></p>
    ${turn.explanation && turn.explanation.read_as !== turn.explanation.result.text && html`<p class="hint">
      Read as: <span dir="auto">${turn.explanation.read_as}</span></p>`}
    ${turn.entities.length > 0 && html`<ul class="small-text">${turn.entities.map((found) => html`<li key=${`${found.start}-${found.type}`}>
      <strong>${found.type}</strong>: <span
        dir="auto">${found.value}</span>${found.confidence != null && ` (${confidence(found.confidence)})`}
      ${ORIGINS[found.source] && html`<span class="muted">, ${ORIGINS[found.source]}</span>`}
      ${found.alternatives?.length > 0 && html`<span class="muted">, or ${found.alternatives.join(", ")}</span>`}</li>`)}</ul>`}
  </div>`;
}

/** The examples that are most like the message. */
export function Nearest({ nearest }) {
  if (!nearest?.length) return null;
  return html`<section><h3>Most like it among the examples</h3>
    <ul class="nearest">${nearest.map((each, number) => html`<li key=${number}><span dir="auto">${each.text}</span>
      <span class="muted small-text"><${IntentName}
        id=${each.intent_id} />, ${percent(each.similarity, 0)} alike</span></li>`)}</ul></section>`;
}

/** The words that spoke for and against the likeliest intent. */
export function Words({ explanation }) {
  const words = (explanation?.features || []).filter(({ kind }) => kind === "word");
  if (!words.length) return null;
  const side = (title, some) => some.length > 0 && html`<p class="small-text">
    <span class="muted">${title}:</span> ${some.map(({ ngram }) => ngram).join(", ")}</p>`;
  return html`<section><h3>Words that counted</h3>
    ${side("for it", words.filter(({ weight }) => weight > 0))}${side("against it", words.filter(({ weight }) => weight < 0))}</section>`;
}

/** The values that the turn's intent has, and what it still needs. */
export function Values({ slots, form }) {
  if (!slots.length && !form?.missing.length) return null;
  return html`<section><h3>Values</h3>
    <dl class="values">${slots.map((slot, number) => html`<div key=${number}><dt>${slot.name}</dt>
      <dd><span dir="auto">${shownValue(slot.value)}</span>${
        ORIGINS[slot.origin] && html` <span class="muted small-text">${ORIGINS[slot.origin]}</span>`}</dd></div>`)}</dl>
    ${form?.missing.length > 0 && html`<p class="small-text"><span class="muted">Still missing:</span> ${form.missing.join(", ")}${
      form.asking && html`; the bot asks for <strong>${form.asking}</strong>`}</p>`}</section>`;
}
