// The intents of a bot: the list, and the editor of one.

import { html } from "../../lib/html.js";
import { IntentEditor } from "./editor.js";
import { IntentList } from "./list.js";

export default function Intents({ bot, rest, query }) {
  const [intent, part] = rest;
  return intent
    ? html`<${IntentEditor} key=${intent} bot=${bot} intent=${intent} part=${part || "examples"} query=${query} />`
    : html`<${IntentList} bot=${bot} query=${query} />`;
}
