import { html, useState } from "../../lib/html.js";
import { moment } from "../../lib/format.js";
import { get, path } from "../../lib/http.js";
import { usePages } from "../../lib/load.js";
import { moveInWords, reasonOf, whoPromoted } from "../../lib/releases.js";
import { link } from "../../lib/router.js";
import { Button } from "../../parts/button.js";
import { Failure, Loading } from "../../parts/states.js";
import { Table } from "../../parts/table.js";

/** What answered after what, by whom and why; asked for when it is opened. */
export function Journal({ bot, isOpen: isOpenAtFirst = false }) {
  const [isOpen, setOpen] = useState(isOpenAtFirst);
  return html`<details class="card" open=${isOpen} onToggle=${(event) => setOpen(event.currentTarget.open)}>
    <summary><strong>Journal</strong> <span class="muted">what answered after what, by whom and why</span></summary>
    ${isOpen && html`<${Entries} bot=${bot} />`}</details>`;
}

function Entries({ bot }) {
  const pages = usePages((cursor, signal) => get(path`/bots/${bot}/releases/journal`, { limit: 20, cursor }, { signal }), [bot]);
  if (!pages.items) return pages.error ? html`<${Failure} error=${pages.error} onRetry=${pages.reload} />` : html`<${Loading} />`;
  if (pages.items.length === 0) return html`<p class="muted">Nothing has been promoted yet.</p>`;
  const release = (version) => (version ? html`<a href=${link(["bots", bot, "releases", version])}>${version}</a>` : "–");
  const columns = [
    { title: "When", class: "nowrap", cell: ({ at }) => moment(at) },
    { title: "What", class: "nowrap", isHeading: true, cell: moveInWords },
    { title: "From", class: "number", cell: (entry) => release(entry.from_version) },
    { title: "To", class: "number", cell: (entry) => release(entry.to_version) },
    { title: "By", cell: ({ by }) => whoPromoted(by) },
    { title: "Why", class: "wide-cell", cell: (entry) => reasonOf(entry) || html`<span class="muted">not said</span>` },
  ];
  return html`<${Table} caption="Journal of releases" columns=${columns} rows=${pages.items} keyOf=${(entry) => entry.number} />
    <${Failure} error=${pages.error} />
    ${pages.hasMore && html`<div><${Button} isSmall isBusy=${pages.isLoading} onClick=${pages.more}>Show earlier entries<//></div>`}`;
}
