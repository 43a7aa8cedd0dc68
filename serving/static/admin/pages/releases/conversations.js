import { html } from "../../lib/html.js";
import { counted } from "../../lib/format.js";
import { path } from "../../lib/http.js";
import { may } from "../../lib/session.js";
import { useTask } from "../../lib/tasks.js";
import { Button } from "../../parts/button.js";
import { Progress } from "../../parts/progress.js";
import { Table } from "../../parts/table.js";
import { BothWords } from "./both_words.js";

const COUNT = 200;

/** Which stored conversations a release handles otherwise: counted when it was judged, and with the words of both on demand. */
export function Conversations({ bot, version, measured, live, against }) {
  const task = useTask(bot);
  const other = against || live?.release?.version;
  const changed = measured?.changed || [];
  const replay = () => task.start(path`/bots/${bot}/replays`, { version, against: other, count: COUNT });
  const columns = [
    { title: "Was", isHeading: true, cell: (row) => row.intent_id },
    { title: "Is now", cell: (row) => (row.intent_id_now === row.intent_id ? "the same intent" : row.intent_id_now) },
    { title: "What differs", cell: (row) => row.changes },
    { title: "Messages", class: "number", cell: (row) => row.turns },
    { title: "Goal lost", class: "number", cell: (row) => row.losing },
  ];
  const result = task.work?.state === "done" ? task.work.result : null;
  return html`<section class="card" aria-labelledby="changes"><h2 id="changes">Conversations that change</h2>
    ${changed.length > 0 && html`<p>When it was judged, stored conversations were answered by it too. ${counted(changed.reduce((sum, { turns }) => sum + turns, 0), "message")} would be answered otherwise:</p>
      <${Table} caption="Messages that are answered otherwise" columns=${columns} rows=${changed} />`}
    ${other && other !== version
      ? html`<div class="row">${may("author", bot) && !task.isRunning && html`<${Button} onClick=${replay}>Answer the last ${COUNT} conversations with both<//>`}
          <span class="muted small-text">Release ${other} and release ${version} answer them; nothing is sent to anybody.</span></div>`
      : html`<p class="muted">${live && !other ? "Nothing answers customers yet, so no conversation changes." : "This is the release that answers now."}</p>`}
    <${Progress} task=${task} title="Answering again" onCancel=${task.cancel} />
    ${result && html`<${BothWords} bot=${bot} result=${result} />`}
  </section>`;
}
