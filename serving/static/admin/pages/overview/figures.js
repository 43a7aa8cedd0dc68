import { html } from "../../lib/html.js";
import { dayBefore } from "../../lib/figures.js";
import { get, path } from "../../lib/http.js";
import { useLoad } from "../../lib/load.js";
import { link } from "../../lib/router.js";
import { may } from "../../lib/session.js";
import { Button } from "../../parts/button.js";
import { ChatPageLink } from "../../parts/chat_page_link.js";
import { Loaded } from "../../parts/states.js";
import { Totals } from "../analytics/totals.js";

const DAYS = 14;

/** How customers fared in the last two weeks. */
export function Figures({ bot }) {
  const period = { since: dayBefore(DAYS - 1), until: dayBefore(0) };
  const load = useLoad((signal) => get(path`/bots/${bot}/analytics`, period, { signal }), [bot]);
  return html`<section class="stack" aria-labelledby="figures">
    <div class="between"><h2 id="figures">The last ${DAYS} days</h2>
      <a href=${link(["bots", bot, "analytics"], { days: DAYS })}>By day and release</a></div>
    <${Loaded} load=${load}>${({ figures, is_complete: isComplete }) => html`
      ${!isComplete && html`<p class="row muted small-text">Not all messages are counted yet. <${Button} isSmall isBusy=${load.isLoading}
        onClick=${load.reload}>Count on<//></p>`}
      <${Totals} bot=${bot} period=${period} figures=${figures} />
      ${figures.messages === 0 && isComplete && html`<p class="muted">Nobody has written yet. <${ChatPageLink} bot=${bot} />${may("operator", bot)
        && html` or <a href=${link(["bots", bot, "channels"])}>connect a channel</a>`}.</p>`}`}<//>
  </section>`;
}
