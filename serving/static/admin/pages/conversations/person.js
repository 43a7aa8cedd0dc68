import { html, useState } from "../../lib/html.js";
import { counted } from "../../lib/format.js";
import { path } from "../../lib/http.js";
import { say } from "../../lib/notices.js";
import { go } from "../../lib/router.js";
import { useTask } from "../../lib/tasks.js";
import { Button } from "../../parts/button.js";
import { Dialog } from "../../parts/dialog.js";
import { Field } from "../../parts/field.js";
import { Progress } from "../../parts/progress.js";

/** The sender of a thread: on a platform's channel its id is the last part of the thread's. */
const senderOf = (thread) => thread.split(":").pop();

const LEARNT = "A model cannot unlearn. Train a new release and promote it; then delete these under Train and releases: ";

/** Hand a person's data over, or delete it: first a search that counts, then the deletion, which cannot be undone. */
export function Person({ bot, thread, onClose }) {
  const [user, setUser] = useState(senderOf(thread));
  const [scope, setScope] = useState("user");
  const [purge, setPurge] = useState("");
  const whom = scope === "user" ? { user: user.trim() } : { thread };
  const at = path`/bots/${bot}/forget`;
  const search = useTask(bot);
  const deletion = useTask(bot, {
    onEnd: (work) => {
      if (work.state !== "done" || work.result.state !== "erased") return;
      const versions = work.result.versions_to_retire;
      say(`Forgotten.${versions.length ? ` ${LEARNT}${versions.join(", ")}.` : ""}`);
      onClose();
      go(["bots", bot, "conversations"]);
    },
  });
  const found = !search.isRunning && search.work?.state === "done" ? search.work.result : null;
  const needsChoice = found?.n_places > 0;
  const isBusy = search.isRunning || deletion.isRunning;
  const forget = () => deletion.start(at, { ...whom, ...(needsChoice ? { purge: purge === "yes" } : {}) });
  const refused = !deletion.isRunning && deletion.work?.state === "done" && deletion.work.result.state === "undecided";
  return html`<${Dialog} title="Export or forget a person" onClose=${onClose} footer=${html`
      <${Button} onClick=${onClose}>Close<//>
      <${Button} href=${`/api/v1${path`/bots/${bot}/users/${scope === "user" ? user.trim() : thread}/export`}`} download=${`${bot}-person.json`}>Export as a file<//>
      ${found
        ? html`<${Button} kind="danger" isBusy=${deletion.isRunning} disabled=${isBusy || (needsChoice && !purge)} onClick=${forget}>Delete for good<//>`
        : html`<${Button} kind="primary" isBusy=${search.isRunning} disabled=${isBusy || !user.trim()} onClick=${() => search.start(at, { ...whom, dry_run: true })}>Search what would be deleted<//>`}`}>
    <${Field} label="Whose data" as="select" disabled=${isBusy || found} value=${scope} onChange=${(event) => setScope(event.target.value)}>
      <option value="user">All conversations of a person</option><option value="thread">This conversation alone</option><//>
    ${scope === "user" && html`<${Field} label="The person's id" disabled=${isBusy || found} hint="What the channel calls the sender; over REST it is the conversation's id." value=${user} onInput=${setUser} />`}
    <${Progress} task=${search} title="Searching" />
    <${Progress} task=${deletion} title="Deleting" />
    ${found && html`<${Found} found=${found} />`}
    ${needsChoice && html`<${Field} label="And the copies in those places?" as="select" value=${purge} onChange=${(event) => setPurge(event.target.value)}>
      <option value="">Choose …</option><option value="yes">Delete the texts there, too</option><option value="no">Leave them there for ever</option><//>`}
    ${refused && html`<p class="note warn" role="alert">Nothing was deleted: ${deletion.work.result.next_step}.</p>`}
  <//>`;
}

function Found({ found }) {
  const documents = Object.entries(found.documents).filter(([, count]) => count > 0);
  return html`<div class="stack" role="region" aria-label="What would be deleted">
    <p><strong>This deletes for good:</strong></p>
    <ul class="bullets">
      <li>${counted(found.n_threads, "conversation")}</li>
      ${documents.map(([kind, count]) => html`<li key=${kind}>${counted(count, "document")} of ${kind.replace(/_/g, " ")}</li>`)}
    </ul>
    ${found.n_spared_texts > 0 && html`<p class="muted">${counted(found.n_spared_texts, "text")} that others have written too may stay elsewhere.</p>`}
    ${found.n_places > 0 && html`<p>Copies of the texts are in ${counted(found.n_places, "place")}:</p>
      <ul class="bullets">${found.places.map(({ kind, name }) => html`<li key=${kind + name}>${kind}: ${name}</li>`)}</ul>`}
    ${found.foreign_files.length > 0 && html`<p class="note warn">Delete by hand what is in: ${found.foreign_files.join(", ")}.</p>`}
    ${found.versions_to_retire.length > 0 && html`<p class="note warn">${LEARNT}${found.versions_to_retire.join(", ")}.</p>`}
    ${found.other_bots.length > 0 && html`<p class="note warn">Other bots have conversations of the same id: ${found.other_bots.join(", ")}.</p>`}
  </div>`;
}
