// What is live and how it does; for a new bot, the three steps until something is.

import { html } from "../../lib/html.js";
import { bots } from "../../lib/bots.js";
import { get, path } from "../../lib/http.js";
import { useLoad } from "../../lib/load.js";
import { Page } from "../../parts/page.js";
import { Loaded } from "../../parts/states.js";
import { Drift } from "./drift.js";
import { Figures } from "./figures.js";
import { Labels } from "./labels.js";
import { LiveCard } from "./live_card.js";
import { Steps } from "./steps.js";

export default function Overview({ bot }) {
  const live = useLoad((signal) => get(path`/bots/${bot}/releases/live`, {}, { signal }), [bot]);
  const known = (bots.value || []).find(({ name }) => name === bot);
  return html`<${Page} title=${known?.title || bot} lead=${known?.description}>
    <${Loaded} load=${live}>${(shown) => (shown.release
      ? html`<${LiveCard} bot=${bot} live=${shown} />
        <${Figures} bot=${bot} />
        <div class="columns even"><${Drift} bot=${bot} /><${Labels} bot=${bot} /></div>`
      : html`<${Steps} bot=${bot} />`)}<//>
  <//>`;
}
