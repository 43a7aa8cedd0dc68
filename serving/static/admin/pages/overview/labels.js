import { html } from "../../lib/html.js";
import { count, counted } from "../../lib/format.js";
import { get, path } from "../../lib/http.js";
import { useLoad } from "../../lib/load.js";
import { link } from "../../lib/router.js";
import { may } from "../../lib/session.js";
import { Loaded } from "../../parts/states.js";

/** How many texts wait for somebody to say what they mean; for those who may read them. */
export function Labels({ bot }) {
  return may("labeller", bot) ? html`<${Waiting} bot=${bot} />` : null;
}

function Waiting({ bot }) {
  const load = useLoad((signal) => get(path`/bots/${bot}/labels/counts`, {}, { signal }), [bot]);
  return html`<section class="card" aria-labelledby="waiting"><h2 id="waiting">Labels</h2>
    <${Loaded} load=${load}>${(counts) => html`
      <p class="row"><strong class="big">${count(counts.open)}</strong> <a
        href=${link(["bots", bot, "labels"])}>waiting for a decision</a></p>
      <p class="muted small-text">${counted(counts.accepted, "label")} accepted: ${count(counts.train)} for training,
        ${" "}${count(counts.holdout)} for measuring.</p>`}<//>
  </section>`;
}
