// Training, releases, the verdict about one, and two beside each other.

import { html } from "../../lib/html.js";
import { ComparePage } from "./compare_page.js";
import { ListPage } from "./list_page.js";
import { ReleasePage } from "./release_page.js";

export default function Releases({ bot, rest, query }) {
  const [first, second, third] = rest;
  if (first === "compare") return html`<${ComparePage} key=${rest.join("/")} bot=${bot} first=${second} second=${third} />`;
  if (first) return html`<${ReleasePage} key=${first} bot=${bot} version=${first} />`;
  return html`<${ListPage} bot=${bot} query=${query} />`;
}
