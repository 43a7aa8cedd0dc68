import { html } from "../../lib/html.js";
import { confidence } from "../../lib/format.js";
import { IntentName } from "../intent_name.js";

const SHOWN = 5;

const at = (share) => `${Math.min(1, Math.max(0, share)) * 100}%`;

/** The likeliest intents as bars, with the least confidence that is enough as a line across them. */
export function Ranking({ ranking, thresholds, chosen, options = [] }) {
  if (!ranking.length) return html`<p class="muted">Nothing was ranked.</p>`;
  const least = thresholds?.confidence;
  return html`<div class="ranking">
    <ul>${ranking.slice(0, SHOWN).map(({ intent_id: id, confidence: sure }) => html`<li key=${id}>
      <span class=${id === chosen || options.includes(id) ? "ranked chosen" : "ranked"}><span class="ranked-name"><${IntentName} id=${id} /></span><span class="number">${confidence(sure)}</span></span>
      <span class="bar" aria-hidden="true"><span style=${{ width: at(sure) }}></span>${least !== undefined && html`<i style=${{ left: at(least) }}></i>`}</span>
    </li>`)}</ul>
    ${least !== undefined && html`<p class="hint">The line is the least confidence that is enough, ${confidence(least)}.${
      thresholds.clarify != null && ` Close intents that reach ${confidence(thresholds.clarify)} together are asked about.`}</p>`}
  </div>`;
}

/** How unlike everything taught the message is, with the most that is let through as a line. */
export function OutOfScope({ score, limit }) {
  if (score === null || score === undefined) return null;
  const known = limit !== null && limit !== undefined && limit < 100;
  const longest = Math.max(1, score, known ? limit * 1.6 : 0);
  const isFar = known && score > limit;
  return html`<div class="ranking">
    <span class="ranked"><span class="ranked-name">Unlike what was taught</span><span class="number">${score >= 100 ? "wholly" : score.toFixed(2)}</span></span>
    ${known && html`<span class="bar" aria-hidden="true"><span class=${isFar ? "far" : ""} style=${{ width: at(score / longest) }}></span><i style=${{ left: at(limit / longest) }}></i></span>`}
    <p class="hint">${known ? `Above the line, ${limit.toFixed(2)}, the bot says that it did not understand.` : score >= 100 ? "Nothing in it is known." : "Higher means less like the examples; this release has no limit for it."}</p>
  </div>`;
}
