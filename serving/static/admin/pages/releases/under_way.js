import { html } from "../../lib/html.js";
import { clock } from "../../lib/format.js";
import { may } from "../../lib/session.js";
import { DURATION } from "../../lib/tasks.js";
import { Ago } from "../../parts/ago.js";
import { Button } from "../../parts/button.js";
import { OutsideLink } from "../../parts/outside_link.js";

/** Why a training waits: what the server says about it, once. */
function waitingInWords({ step, reason }) {
  const said = (step || "").replace(/^waiting:?\s*/i, "");
  if (/ trains the bot$/.test(said)) return "Another training is under way; this one is next.";
  return [said || "for its turn", reason].filter(Boolean).join(". ");
}

/** Which moment of the draft a training learns from. */
export function LearntFrom({ at }) {
  if (!at) return html`It has not read the draft yet: what you save now is still learnt.`;
  return html`It learns from the draft as it was at <time datetime=${at}>${clock(at)}</time>; what was saved later waits for the next training.`;
}

/** A training that waits or runs: what it does, how long already, and from which moment of the draft it learns. */
export function UnderWay({ bot, work, onCancel }) {
  const isWaiting = work.state === "queued";
  const isMade = !isWaiting && work.share >= 1;
  const begun = !isWaiting && work.started_at;
  return html`<div class="progress" role="status">
    <div class="progress-words"><strong>${isWaiting ? "Waiting" : isMade ? "Nearly done" : "Training"}</strong>
      <span>${isWaiting ? waitingInWords(work) : isMade ? "The release is made and in the list below. The record of its training is being stored." : work.step || "begins"}</span>
      ${!isWaiting && html`<span class="muted">${Math.round((work.share || 0) * 100)} %</span>`}</div>
    <progress max="1" value=${work.share || undefined} aria-label="Progress of the training"></progress>
    ${may("author", bot) && !isMade && html`<${Button} isSmall onClick=${onCancel}>Cancel<//>`}
    <span class="small-text"><${LearntFrom} at=${work.draft_read_at} /></span>
    <span class="muted small-text">${begun ? "Begun" : "Asked for"} <${Ago} at=${begun || work.created_at} /> by ${work.by}. ${!isMade && DURATION} You may leave this page. <${OutsideLink} href=${work.log}>Its run in MLflow<//></span>
  </div>`;
}
