// What customers wrote and what was answered: a search over all turns, and one conversation with its reasons.

import { html } from "../../lib/html.js";
import { IntentNames } from "../../parts/intent_name.js";
import { List } from "./list.js";
import { Thread } from "./thread.js";

export default function Conversations({ bot, rest, query }) {
  return html`<${IntentNames} bot=${bot}>${rest.length > 0
    ? html`<${Thread} key=${rest[0]} bot=${bot} thread=${rest[0]} query=${query} />`
    : html`<${List} bot=${bot} query=${query} />`}<//>`;
}
