// Why a turn went as it did: of somebody who tries the bot, or of a customer.

import { html } from "../lib/html.js";
import { milliseconds } from "../lib/format.js";
import { HOPS, ROUTES, whyInWords } from "../lib/turns.js";
import { Badge } from "./badge.js";
import { IntentName } from "./intent_name.js";
import { ToolCall } from "./turn/call.js";
import { OutOfScope, Ranking } from "./turn/ranking.js";
import { Message, Nearest, Values, Words } from "./turn/understanding.js";

const LLM = {
  understood: "It named an intent.", none: "It said that no intent fits.", refused: "It declined to answer.",
  unavailable: "It did not answer in time.", over_budget: "It was not asked: its budget is used up.", off: "It is switched off.",
};
const PROBLEM_WORDS = "A text of the bot could not be written";

/** What became of the turn, in a word with a colour. */
export function RouteBadge({ route }) {
  const { word, kind } = ROUTES[route] || { word: route, kind: "plain" };
  return html`<${Badge} kind=${kind}>${word}<//>`;
}

function Timings({ timings }) {
  const hops = Object.entries(timings || {});
  if (!hops.length) return null;
  return html`<section><h3>Time</h3><dl class="values">${hops.map(([hop, ms]) => html`
    <div key=${hop}><dt>${HOPS[hop] || hop}</dt><dd>${milliseconds(ms)}</dd></div>`)}</dl></section>`;
}

function LanguageModel({ llm, why }) {
  if (!llm) return null;
  const said = [why.includes(llm.why) ? "" : llm.why, llm.model && `Model: ${llm.model}`, llm.from_cache && "a kept answer"];
  const more = said.filter(Boolean);
  return html`<section><h3>Language model</h3>
    <p>${LLM[llm.outcome] || llm.outcome} ${llm.intent_id && html`<strong><${IntentName} id=${llm.intent_id} /></strong>`}</p>
    ${more.length > 0 && html`<p class="muted small-text">${more.join(", ")}</p>`}</section>`;
}

/** `turn` is one of `lib/turns.js`; `children` stand first, such as a way to say that it was wrong. */
export function TurnExplanation({ turn, children }) {
  const { explanation, thresholds } = turn;
  return html`<div class="explanation stack" aria-label="Why the bot answered so" role="region">
    <section>
      <p class="row"><${RouteBadge} route=${turn.route} /><strong><${IntentName} id=${turn.intent} /></strong></p>
      <p>${whyInWords(turn.why)}</p>
      ${turn.route === "form" && explanation && html`<p class="muted small-text">${explanation.verdict}</p>`}
      ${turn.isHandedOver && html`<p class="note">The conversation was handed over to a person.</p>`}
      ${turn.problem && html`<p class="note bad" role="alert">${PROBLEM_WORDS}: ${turn.problem}</p>`}
      ${turn.leftOut.length > 0 && html`<p class="note warn">Left out of the reply: ${turn.leftOut.join("; ")}</p>`}
    </section>
    ${children}
    <section><h3>What it found in the message</h3><${Message} turn=${turn} /></section>
    ${turn.ranking.length > 0 && html`<section><h3>Likeliest intents</h3>
      <${Ranking} ranking=${turn.ranking} thresholds=${thresholds} chosen=${turn.intent} options=${turn.options} />
      <${OutOfScope} score=${turn.outOfScope} limit=${thresholds?.out_of_scope} /></section>`}
    <${Nearest} nearest=${explanation?.nearest} />
    <${Words} explanation=${explanation} />
    <${Values} slots=${turn.slots} form=${turn.form} />
    ${turn.tool && html`<section><h3>Tool</h3><${ToolCall} call=${turn.tool} /></section>`}
    <${LanguageModel} llm=${turn.llm} why=${turn.why || ""} />
    <${Timings} timings=${turn.timings} />
    <p class="muted small-text">Answered by ${turn.release === "draft"
      ? `the draft, with the understanding of release ${turn.understanding}`
      : `release ${turn.release}`}.</p>
  </div>`;
}
