import { html } from "../../lib/html.js";
import { moment } from "../../lib/format.js";
import { whoPromoted } from "../../lib/releases.js";
import { link } from "../../lib/router.js";
import { may } from "../../lib/session.js";
import { Ago } from "../../parts/ago.js";
import { Badge } from "../../parts/badge.js";
import { Button } from "../../parts/button.js";
import { ChatPageLink } from "../../parts/chat_page_link.js";

/** Which release answers customers since when, and the way back to the one before. */
export function Live({ bot, live, onMove }) {
  const { release, problem, answering } = live;
  if (!release) return html`<p class="note">Nothing answers customers yet. Train the bot, then promote its release.</p>`;
  const back = live.rolls_back_to;
  return html`<section class="card" aria-label="Live release">
    <div class="between"><div class="row grows">
        <${Badge} kind="good">Live<//>
        <strong><a href=${link(["bots", bot, "releases", release.version])}>Release ${release.version}</a></strong>
        ${release.promoted_at && html`<span class="muted" title=${moment(release.promoted_at)}>promoted <${Ago}
          at=${release.promoted_at} /></span>`}
      </div>
      <span class="row"><${ChatPageLink} bot=${bot} />
        ${back && may("operator", bot) && html`<${Button} isSmall onClick=${() => onMove({ kind: "rollback", version: back })}>Roll back to release ${back}<//>`}</span>
    </div>
    ${live.promoted_by && html`<p
      class="small-text">By ${whoPromoted(live.promoted_by)}${live.promoted_why && html`: ${live.promoted_why}`}</p>`}
    ${problem && html`<p class="note warn">It cannot answer: ${problem} ${answering && `Release ${answering} goes on answering.`}</p>`}
    ${!problem && answering !== release.version && html`<p class="muted small-text" role="status">
      The server is loading it${answering ? `; release ${answering} answers meanwhile` : ""}.</p>`}
  </section>`;
}
