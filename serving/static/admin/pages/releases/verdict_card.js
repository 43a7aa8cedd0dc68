import { html } from "../../lib/html.js";
import { capital, verdictOf } from "../../lib/releases.js";
import { link } from "../../lib/router.js";
import { Badge } from "../../parts/badge.js";
import { Button } from "../../parts/button.js";
import { Share } from "../../parts/share.js";
import { Warnings } from "../../parts/warnings.js";
import { AcceptLabels } from "./relabelled.js";

/** Whether a release may answer, every reason against it, and what its gate remarks. */
export function VerdictCard({ bot, release }) {
  const { kind, word, sentence } = verdictOf(release);
  const reasons = release.gate?.reasons || [];
  const notes = release.gate?.notes || [];
  const { accuracy } = release;
  const warnings = release.verdict === "passed" ? release.warnings : [];
  return html`<section class="card" aria-labelledby="verdict">
    <div class="row"><h2 id="verdict">Verdict</h2><${Badge} kind=${kind}>${word}<//></div>
    ${reasons.length > 1
      ? html`<div><p>It may not answer customers, for ${reasons.length} reasons:</p>
          <ul class="bullets">${reasons.map((reason) => html`<li key=${reason}>${capital(reason)}</li>`)}</ul></div>`
      : html`<p>${warnings.length > 0 && !release.refused ? "Nothing refuses it, so it may answer customers." : sentence}</p>`}
    ${warnings.length > 0 && html`<${Warnings} release=${release} />`}
    ${release.is_relabelled && html`<${AcceptLabels} bot=${bot} />`}
    ${release.verdict === "failed" && html`<p class="actions">
      <${Button} isSmall href=${link(["bots", bot, "findings"])}>Look at the findings<//>
      <span class="muted">Change the draft, then train again.</span></p>`}
    ${accuracy && html`<p>It finds the right intent for${" "}<${Share}
      ...${accuracy} /> of ${accuracy.n ?? "the"} sentences that it has never seen.</p>`}
    ${notes.length > 0 && html`<details open=${release.verdict !== "passed"}>
      <summary>${notes.length === 1 ? "One remark" : `${notes.length} remarks`}</summary>
      <ul class="bullets">${notes.map((note) => html`<li key=${note}>${capital(note)}</li>`)}</ul></details>`}
  </section>`;
}
