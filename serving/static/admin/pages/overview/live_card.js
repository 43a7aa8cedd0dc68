import { html } from "../../lib/html.js";
import { whoPromoted } from "../../lib/releases.js";
import { link } from "../../lib/router.js";
import { may } from "../../lib/session.js";
import { Ago } from "../../parts/ago.js";
import { Badge } from "../../parts/badge.js";
import { Button } from "../../parts/button.js";
import { ChatPageLink } from "../../parts/chat_page_link.js";
import { Share } from "../../parts/share.js";
import { Verdict } from "../../parts/verdict.js";

/** The release that answers: since when, by whom, its verdict, and what is tried beside it. */
export function LiveCard({ bot, live }) {
  const { release, problem, answering, canary, shadow } = live;
  const to = (version) => html`<a href=${link(["bots", bot, "releases", version])}>release ${version}</a>`;
  return html`<section class="card" aria-label="What is live">
    <div class="between"><div class="row grows"><${Badge} kind=${problem ? "bad" : "good"}>Live<//>
        <h2><a href=${link(["bots", bot, "releases", release.version])}>Release ${release.version}</a></h2>
        <span class="muted">${release.promoted_at && html`promoted <${Ago} at=${release.promoted_at} />`}${live.promoted_by ? ` by ${whoPromoted(live.promoted_by)}` : ""}</span></div>
      <div class="actions"><${ChatPageLink} bot=${bot} isButton />${may("author", bot) && html`<${Button} href=${link(["bots", bot, "try"])}>Try it<//>`}
        <${Button} href=${link(["bots", bot, "releases"])}>Train and releases<//></div></div>
    <p><${Verdict} release=${release} /></p>
    ${release.accuracy && html`<p>It finds the right intent for${" "}<${Share}
      ...${release.accuracy} /> of the sentences that it has never seen.</p>`}
    ${live.promoted_why && html`<p class="muted">Why it was promoted: ${live.promoted_why}</p>`}
    ${problem && html`<p class="note warn">It cannot answer: ${problem} ${answering && html`Meanwhile ${to(answering)} answers.`}</p>`}
    ${(canary || shadow) && html`<p>On trial: ${canary && html`${to(canary)} as a canary`}${canary && shadow ? ", " : ""}${
      shadow && html`${to(shadow)} as a shadow`}.</p>`}
  </section>`;
}
