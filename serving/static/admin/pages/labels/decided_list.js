import { html, useState } from "../../lib/html.js";
import { get, getForEdit, path, remove } from "../../lib/http.js";
import { usePages } from "../../lib/load.js";
import { say, sayError } from "../../lib/notices.js";
import { link } from "../../lib/router.js";
import { Ago } from "../../parts/ago.js";
import { Button } from "../../parts/button.js";
import { Field } from "../../parts/field.js";
import { Page } from "../../parts/page.js";
import { MarkedText } from "../../parts/marked_text.js";
import { Empty, Failure, Loading } from "../../parts/states.js";
import { Table } from "../../parts/table.js";
import { inWords } from "./decided.js";

const AT_ONCE = 50;
const STATUSES = { accepted: "Accepted", rejected: "Unusable", skipped: "Skipped" };
const BECOMES = { train: "learnt from", holdout: "held out, to measure" };

/** What was decided, the latest first, by whom, and what becomes of it; each can be opened again. */
export function DecidedList({ bot, titleOf }) {
  const [status, setStatus] = useState("accepted");
  const list = usePages(async (cursor, signal) => {
    const offset = cursor || 0;
    const { labels } = await get(path`/bots/${bot}/labels`, { status, order: "decided", offset, limit: AT_ONCE }, { signal });
    return { items: labels, next: labels.length === AT_ONCE ? offset + AT_ONCE : null };
  }, [bot, status]);
  const open = async (label) => {
    try {
      const { data, etag } = await getForEdit(path`/bots/${bot}/labels/${label.key}`);
      if (data.decided_at !== label.decided_at) throw new Error(`It was decided again meanwhile: ${inWords(data, titleOf)}, by ${data.decided_by || "nobody"}.`);
      await remove(path`/bots/${bot}/labels/${label.key}/decision`, etag);
      list.set((page) => ({ ...page, items: page.items.filter(({ key }) => key !== label.key) }));
      say("It waits in the queue again.");
    } catch (error) {
      sayError(error);
    }
  };
  const columns = [
    { title: "Text", isHeading: true, cell: ({ text, entities }) => html`<${MarkedText} text=${text} marks=${entities.map(({ start, end, type }) => ({ begin: start, end, name: type }))} />` },
    { title: "Decided", cell: (label) => html`${inWords(label, titleOf)}${label.destination && html` <span class="muted small-text">${BECOMES[label.destination]}</span>`}` },
    { title: "By", cell: ({ decided_by: by, decided_at: at }) => html`${by} <span class="muted small-text"><${Ago} at=${at} /></span>` },
    { title: "Open again", isUnseen: true, cell: (label) => html`<${Button} isSmall aria-label=${`Open again: ${label.text}`} onClick=${() => open(label)}>Open again<//>` },
  ];
  return html`<${Page} title="Decided texts" back=${{ href: link(["bots", bot, "labels"]), title: "Label queue" }} lead="What a release has learnt already goes by the correction with its next training.">
    <div class="row"><${Field} label="Decided as" as="select" value=${status} onChange=${(event) => setStatus(event.target.value)}>${Object.entries(STATUSES).map(([value, title]) => html`<option key=${value} value=${value}>${title}</option>`)}<//></div>
    <${Failure} error=${list.error} onRetry=${list.reload} />
    ${!list.items ? !list.error && html`<${Loading} />` : list.items.length === 0 ? html`<${Empty} title="Nothing was decided so yet" />`
      : html`<${Table} caption="Decided texts" columns=${columns} rows=${list.items} keyOf=${({ key }) => key} />`}
    ${list.hasMore && html`<${Button} isBusy=${list.isLoading} onClick=${list.more}>Earlier ones<//>`}
  <//>`;
}
