import { html } from "../../lib/html.js";
import { confidence } from "../../lib/format.js";
import { OUT_OF_SCOPE, guessesOf, numbered } from "./queue.js";

export const SOURCES = { llm: "Language model", clarification: "The customer, when asked", classifier: "Newest release", shadow: "Release on trial" };

/** The proposed intents, each with its key, who says so, and how sure that is. */
export function Guesses({ label, titleOf, onTake }) {
  const keys = new Map(numbered(label).map((guess, place) => [guess.intent_id, String(place + 1)]));
  const guesses = guessesOf(label);
  if (!guesses.length) return html`<p class="muted">Nobody has a guess. Search for the intent.</p>`;
  return html`<ol class="guesses">${guesses.map(({ intent_id: id, by, confidence: sure }) => html`<li key=${id}>
    <button type="button" class="guess" aria-keyshortcuts=${keys.get(id) || "x"} onClick=${(event) => event.detail < 2 && onTake(id)}>
      <kbd>${id === OUT_OF_SCOPE ? "x" : keys.get(id) || ""}</kbd>
      <span class="guess-name"><strong>${titleOf(id)}</strong>${id !== OUT_OF_SCOPE && titleOf(id) !== id && html`<small class="muted">${id}</small>`}</span>
      <span class="guess-by">${by.map((source) => SOURCES[source] || source).join(", ")}</span>
      ${sure !== null && html`<span class="guess-sure"><span class="meter" aria-hidden="true"><span style=${{ width: `${sure * 100}%` }}></span></span>
        <span class="number"><span class="unseen">confidence </span>${confidence(sure)}</span></span>`}
    </button></li>`)}</ol>`;
}
