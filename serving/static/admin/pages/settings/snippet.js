import { html, useState } from "../../lib/html.js";
import { Copy } from "../../parts/copy.js";
import { Field } from "../../parts/field.js";

/** What to put into a page so that the chat window appears there. */
export function Snippet({ bot, keys, isKeyNeeded, visitors }) {
  const [chosen, setChosen] = useState("");
  const key = keys.find(({ id }) => id === chosen) || (isKeyNeeded ? keys[0] : null);
  const lines = [
    "<script>",
    `  window.iky_base_url = ${JSON.stringify(location.origin)};`,
    ...(bot === "default" ? [] : [`  window.iky_bot = ${JSON.stringify(bot)};`]),
    ...(key ? [`  window.iky_widget_key = ${JSON.stringify(key.key)};`] : []),
    ...(visitors === "off" ? [] : ["  window.iky_visitor_token = TOKEN; // what your server has signed for this visitor and conversation"]),
    "  window.chat_context = {}; // what replies and tools shall know, such as {\"plan\": \"basic\"}",
    "</script>",
    `<script src=${JSON.stringify(`${location.origin}/static/widget/script.js`)} async></script>`,
  ];
  return html`<section class="card" aria-label="Snippet"><h2>Put the chat on your page</h2>
    ${keys.length > 0 && html`<${Field} label="With the key" as="select" value=${key?.id || ""} onChange=${(event) => setChosen(event.target.value)}>${!isKeyNeeded && html`<option value="">none</option>`}${keys.map(({ id, name }) => html`<option key=${id} value=${id}>${name}</option>`)}<//>`}
    <${Copy} text=${lines.join("\n")} label="the snippet" isBlock />
  </section>`;
}
