// The channels of a bot: where customers write to it.

import { html } from "../../lib/html.js";
import { get, path } from "../../lib/http.js";
import { useLoad } from "../../lib/load.js";
import { ChatPageLink } from "../../parts/chat_page_link.js";
import { Page } from "../../parts/page.js";
import { Loaded } from "../../parts/states.js";
import { link } from "../../lib/router.js";
import { Channel } from "./channel.js";

export default function Channels({ bot }) {
  const load = useLoad((signal) => get(path`/bots/${bot}/channels`, {}, { signal }), [bot]);
  return html`<${Page} title="Channels" lead="Where customers write to the bot. A change counts with the next message.">
    <${Talk} bot=${bot} />
    <${Loaded} load=${load}>${(channels) => channels.map(({ channel }) => html`<${Channel} key=${channel} bot=${bot} channel=${channel} />`)}<//>
  <//>`;
}

/** Where somebody can talk with what answers customers, without a channel. */
function Talk({ bot }) {
  const tried = html`<a href=${link(["bots", bot, "try"])}>Try it</a>`;
  return html`<p class="note">To talk with the live bot as a customer does, open <${ChatPageLink} bot=${bot}>the chat page<//>;
    what is said there is a conversation like any other. Under ${tried} nothing is kept.
    ${" "}For a chat in your own web page, copy the lines under <a href=${link(["bots", bot, "settings", "access"])}>Settings, Who may chat</a>.</p>`;
}
