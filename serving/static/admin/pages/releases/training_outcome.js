import { html } from "../../lib/html.js";
import { clock } from "../../lib/format.js";
import { capital } from "../../lib/releases.js";
import { link } from "../../lib/router.js";
import { may } from "../../lib/session.js";
import { Ago } from "../../parts/ago.js";
import { Button } from "../../parts/button.js";
import { OutsideLink } from "../../parts/outside_link.js";

/** Which moment of the draft a finished training has learnt from. */
const Read = ({ at }) => at && html` <span class="muted small-text">It has learnt from the draft as it was at ${clock(at)}.</span>`;

/** What came of the last training, and what to do next. */
export function TrainingOutcome({ bot, training, onAccept }) {
  const { state, version, reason, ended_at: endedAt, log, answers } = training;
  const why = reason ? capital(reason) : "";
  const verdict = version && html`<${Button} isSmall href=${link(["bots", bot, "releases", version])}>Read its verdict<//>`;
  const run = html`<${OutsideLink} href=${log}>Its run in MLflow<//>`;
  if (state === "cancelled") return html`<p class="note">The last training was cancelled <${Ago} at=${endedAt} />. Nothing of it was kept.</p>`;
  if (state === "nothing-to-do") return html`<p class="note">The last training had nothing to do: ${reason || "nothing has changed"}.</p>`;
  if (state === "failed") {
    return html`<div class="failure" role="alert"><p><strong>The training failed <${Ago} at=${endedAt} />.</strong> ${why || "It gave no reason; its log says how far it came."}</p>
      <${Button} isSmall href=${link(["bots", bot, "findings"])}>Look at the findings<//>${run}</div>`;
  }
  if (state !== "done") return null;
  if (!reason) return html`<div class="note good row"><span>Release ${version} was made <${Ago} at=${endedAt} /> and has passed${answers ? ". It was promoted" : ""}.<${Read} at=${training.draft_read_at} /></span>${verdict}${run}</div>`;
  return html`<div class="note warn"><p><strong>Release ${version} was made <${Ago} at=${endedAt} /> and refused.</strong> ${why}<${Read} at=${training.draft_read_at} /></p>
    <p class="actions">${training.is_relabelled && may("author", bot) && html`<${Button} isSmall kind="primary" onClick=${onAccept}>That is meant: train again and accept it<//>`}${verdict}<${Button} isSmall href=${link(["bots", bot, "findings"])}>Look at the findings<//>${run}</p></div>`;
}
