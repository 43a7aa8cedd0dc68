import { html } from "../../lib/html.js";
import { count, percent } from "../../lib/format.js";
import { get, path } from "../../lib/http.js";
import { useLoad } from "../../lib/load.js";
import { link } from "../../lib/router.js";
import { may } from "../../lib/session.js";
import { useTask } from "../../lib/tasks.js";
import { Ago } from "../../parts/ago.js";
import { Badge } from "../../parts/badge.js";
import { Button } from "../../parts/button.js";
import { OutsideLink } from "../../parts/outside_link.js";
import { Progress } from "../../parts/progress.js";
import { Loaded } from "../../parts/states.js";
import { Table } from "../../parts/table.js";

const READINGS = {
  stable: { kind: "good", word: "As before", sentence: "Customers write what the release was measured on." },
  shifted: { kind: "warn", word: "Shifted", sentence: "Something has shifted. Read some conversations, and fill the label queue." },
  changed: { kind: "bad", word: "Changed", sentence: "Customers write other messages than the release was trained on. Fill the label queue, decide labels, and train." },
  "too few": { kind: "plain", word: "Too few messages", sentence: "There are too few messages to tell." },
};
const read = (reading) => READINGS[reading] || READINGS["too few"];

/** Whether customers now write otherwise than the release was trained for. */
export function Drift({ bot }) {
  const load = useLoad((signal) => get(path`/bots/${bot}/drift`, {}, { signal }), [bot]);
  const task = useTask(bot, { onEnd: load.reload });
  const look = () => task.start(path`/bots/${bot}/drift`);
  const columns = [
    { title: "Week", isHeading: true, cell: ({ week }) => week },
    { title: "Messages", class: "number", cell: ({ messages }) => count(messages) },
    { title: "Intents", class: "number", cell: (row) => row.psi_intents.toFixed(2) },
    { title: "Confidence", class: "number", cell: (row) => row.psi_confidence.toFixed(2) },
    { title: "New words", class: "number", cell: (row) => percent(row.unknown_words) },
    { title: "Reading", cell: ({ reading }) => read(reading).word },
  ];
  const found = task.work?.state === "done" ? task.work.result : null;
  return html`<section class="card" aria-labelledby="drift"><div class="between"><h2 id="drift">Drift</h2>
      ${may("author", bot) && !task.isRunning && html`<${Button} isSmall onClick=${look}>Look now<//>`}</div>
    <${Progress} task=${task} title="Comparing" />
    ${found && !found.reading && html`<p class="note">There was no message of the last four weeks to compare.</p>`}
    <${Loaded} load=${load}>${(shown) => (shown.looked_at
      ? html`<p><${Badge} kind=${read(shown.reading).kind}>${read(shown.reading).word}<//> ${read(shown.reading).sentence}</p>
        <p class="muted small-text">Looked at <${Ago} at=${shown.looked_at} />, beside release ${shown.version}. ${may("labeller", bot) && html`<a href=${link(["bots", bot, "conversations"])}>Conversations</a> `}<${OutsideLink} href=${shown.run_page}>In MLflow<//></p>
        <details><summary class="small-text">By week</summary><p class="muted small-text">Below 0.1 nothing has changed, above 0.25 a lot has.</p><${Table} caption="Drift by week" columns=${columns} rows=${shown.weeks} /></details>`
      : html`<p class="muted">Nobody has looked yet whether customers write otherwise than the release was trained for.</p>`)}<//>
  </section>`;
}
