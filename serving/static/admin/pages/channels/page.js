// The channels of a bot: where customers write to it.

import { html } from "../../lib/html.js";
import { get, path } from "../../lib/http.js";
import { useLoad } from "../../lib/load.js";
import { Page } from "../../parts/page.js";
import { Loaded } from "../../parts/states.js";
import { Channel } from "./channel.js";

export default function Channels({ bot }) {
  const load = useLoad((signal) => get(path`/bots/${bot}/channels`, {}, { signal }), [bot]);
  return html`<${Page} title="Channels" lead="Where customers write to the bot. A change counts with the next message.">
    <${Loaded} load=${load}>${(channels) => channels.map(({ channel }) => html`<${Channel} key=${channel} bot=${bot} channel=${channel} />`)}<//>
  <//>`;
}
