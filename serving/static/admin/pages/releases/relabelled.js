import { html } from "../../lib/html.js";
import { counted } from "../../lib/format.js";
import { path, post } from "../../lib/http.js";
import { useAction } from "../../lib/load.js";
import { go, link } from "../../lib/router.js";
import { may } from "../../lib/session.js";
import { Button } from "../../parts/button.js";
import { Failure } from "../../parts/states.js";
import { Table } from "../../parts/table.js";

const COLUMNS = [
  { title: "Sentence", isHeading: true, cell: ({ text }) => html`<span dir="auto">${text}</span>` },
  { title: "Was", cell: ({ before }) => before },
  { title: "Is now", cell: ({ now }) => now },
];

/** The way on from a refusal for other labels: train again and accept them. */
export function AcceptLabels({ bot }) {
  const train = useAction(async () => {
    await post(path`/bots/${bot}/trainings`, { accept_relabelled: true });
    go(["bots", bot, "releases"]);
  });
  if (!may("author", bot)) return null;
  return html`<p class="actions"><${Button} kind="primary" isBusy=${train.isBusy} onClick=${train.run}>That is meant: train again and accept it<//>
    <span class="muted">The sentences are listed below.</span></p><${Failure} error=${train.error} />`;
}

/** The sentences that have another label than when the release that answered was trained. */
export function Relabelled({ measured }) {
  const rows = measured.relabelled || [];
  if (rows.length === 0) return null;
  return html`<section class="stack"><details><summary>${counted(rows.length, "label")} changed since the release that answered was trained</summary>
    <${Table} caption="Labels that changed" columns=${COLUMNS} rows=${rows} /></details></section>`;
}
