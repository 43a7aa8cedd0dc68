// The entities of a bot: the list, and the editor of one.

import { html } from "../../lib/html.js";
import { EntityEditor } from "./editor.js";
import { EntityList } from "./list.js";

export default function Entities({ bot, rest, query }) {
  return rest[0] ? html`<${EntityEditor} key=${rest[0]} bot=${bot} name=${rest[0]} />` : html`<${EntityList} bot=${bot} query=${query} />`;
}
