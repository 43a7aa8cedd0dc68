// All bots, and making a new one.

import { html, useState } from "../../lib/html.js";
import { bots, loadBots } from "../../lib/bots.js";
import { nameOf } from "../../lib/languages.js";
import { useLoad } from "../../lib/load.js";
import { link } from "../../lib/router.js";
import { may } from "../../lib/session.js";
import { Button } from "../../parts/button.js";
import { Page } from "../../parts/page.js";
import { Empty, Loaded } from "../../parts/states.js";
import { NewBot } from "./new_bot.js";

export default function Bots() {
  const load = useLoad(() => loadBots().then(() => true), []);
  const [isMaking, setMaking] = useState(false);
  const make = may("author") && html`<${Button} kind="primary" onClick=${() => setMaking(true)}>New bot<//>`;
  return html`<${Page} title="Bots" lead="Each bot has its own intents, releases and conversations."
    actions=${bots.value?.length > 0 && make}>
    <${Loaded} load=${load}>${() => bots.value.length === 0
      ? html`<${Empty} title="No bot yet"
        action=${make}>A bot answers your customers. Make one, teach it a few sentences, train it, and try it:
          that takes about ten minutes.<//>`
      : html`<ul class="tiles">${bots.value.map(({ name, title, description, language }) => html`<li key=${name}>
          <a class="stat" href=${link(["bots", name, "overview"])}>
            <strong class="two-lines">${title || name}</strong>
            <span class="muted small-text">${title && title !== name && html`<span class="mono">${name}</span>, `}${nameOf(language)}</span>
            ${description && html`<span class="small-text two-lines">${description}</span>`}</a></li>`)}</ul>`}<//>
    ${isMaking && html`<${NewBot} onClose=${() => setMaking(false)} />`}
  <//>`;
}
