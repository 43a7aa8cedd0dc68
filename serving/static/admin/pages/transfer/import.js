import { html, useEffect, useRef, useState } from "../../lib/html.js";
import { forgetNames, loadBots } from "../../lib/bots.js";
import { count, counted } from "../../lib/format.js";
import { patch, path, put, withQuery } from "../../lib/http.js";
import { useAction } from "../../lib/load.js";
import { say } from "../../lib/notices.js";
import { link } from "../../lib/router.js";
import { Button } from "../../parts/button.js";
import { Confirm } from "../../parts/dialog.js";
import { Field } from "../../parts/field.js";
import { Failure } from "../../parts/states.js";
import { Report, deletedIn } from "./report.js";

/** A file's content in memory, so that it can be sent after the file has changed on the disk. */
const readFile = async (file) => ({ name: file.name, content: new Blob([await file.arrayBuffer()]) });

const send = (bot, file, mode, etag, query = {}) =>
  (mode === "merge" ? patch : put)(withQuery(path`/bots/${bot}/draft`, query), file.content, etag, { raw: "application/json" });

/** Let the same file be chosen again after it was corrected; otherwise nothing would have changed for the browser. */
const again = (event) => {
  event.target.value = "";
};

/** Upload a bot file: see what it would change, then merge it into the draft or put it in the draft's place. */
export function Import({ bot }) {
  const [file, setFile] = useState(null);
  const [mode, setMode] = useState("merge");
  const [preview, setPreview] = useState(null);
  const [done, setDone] = useState(null);
  const [isAsking, setAsking] = useState(false);
  const wanted = useRef(0);
  const look = async () => {
    const mine = ++wanted.current;
    setPreview(null);
    if (!file) return;
    setPreview({ isLoading: true, name: file.name });
    try {
      const { data, etag } = await send(bot, file, mode, "*", { preview: true });
      if (mine === wanted.current) setPreview({ report: data, etag, name: file.name });
    } catch (error) {
      if (mine === wanted.current) setPreview({ error });
    }
  };
  useEffect(() => {
    look();
  }, [file, mode]);
  const write = async () => {
    const { data } = await send(bot, file, mode, preview.etag);
    forgetNames(bot);
    setDone(data);
    setPreview(null);
    setFile(null);
    say(mode === "merge" ? "The file is merged into the draft." : "The file is the draft now.");
    loadBots().catch(() => {}); // the list of bots says itself why it is missing
  };
  const merge = useAction(write);
  const choose = useAction(async (event) => {
    const [chosen] = event.target.files;
    setDone(null);
    setFile(chosen ? await readFile(chosen) : null);
  });
  const changes = preview?.report && (preview.report.parts.length > 0 || preview.report.fields.length > 0 || preview.report.notes.length > 0);
  const deleted = preview?.report ? deletedIn(preview.report) : 0;
  return html`<section class="card" aria-labelledby="import-heading">
    <h2 id="import-heading">Import a bot file</h2>
    <p class="muted">A bot file of Intentloop, or an export of ai-chatbot-framework of any version: JSON, arrays, or the lines of a mongoexport. Nothing changes before you have seen what it would change.</p>
    <div class="grid">
      <${Field} key=${done ? "next" : "first"} label="File" type="file" accept=".json,.jsonl,.ndjson,application/json" onClick=${again} onChange=${choose.run} />
      <${Field} label="What to do with it" as="select" value=${mode} onChange=${(event) => setMode(event.target.value)} hint=${mode === "merge" ? "What the file does not have stays in the draft." : "What the file does not have is deleted from the draft."}>
        <option value="merge">Merge it into the draft</option><option value="replace">Replace the draft by it</option><//>
    </div>
    <${Failure} error=${choose.error} />
    ${preview?.isLoading && html`<p class="loading" role="status"><span class="spinner" aria-hidden="true"></span>Reading ${preview.name} …</p>`}
    ${preview?.error && html`<${Failure} error=${preview.error}>${preview.error.status === 409 && mode === "replace" && html`<${Button} onClick=${() => setMode("merge")}>Merge it instead<//>`}<//>`}
    ${preview?.report && html`<div class="stack" role="region" aria-label="What would change">
      <h3>What ${preview.name} would change</h3>
      <${Report} report=${preview.report} isPreview />
      <${Failure} error=${merge.error}>${merge.error?.status === 412 && html`<${Button} onClick=${() => { merge.clear(); look(); }}>Show again what would change<//>`}<//>
      <div class="actions">
        <${Button} kind=${mode === "merge" ? "primary" : "danger"} isBusy=${merge.isBusy} disabled=${!changes} onClick=${mode === "merge" ? merge.run : () => setAsking(true)}>${mode === "merge" ? "Merge it" : "Replace the draft"}<//>
        ${!changes && html`<span class="muted">The draft has all of it already.</span>`}
      </div></div>`}
    ${done && html`<div class="stack" role="region" aria-label="What was imported"><h3>Imported</h3><${Report} report=${done} />
      <p><a href=${link(["bots", bot, "findings"])}>Check the draft</a> before the next training.</p></div>`}
    ${isAsking && html`<${Confirm} title="Replace the draft?" confirm="Replace" onClose=${() => setAsking(false)} onConfirm=${write}>
      <p>${deleted ? html`<strong>${counted(deleted, "intent or entity", "intents and entities")}</strong> of the draft ${deleted === 1 ? "is" : "are"} deleted, with all examples. This cannot be undone: download the bot file first if you may want it back.` : `The draft becomes what the file has: ${count(preview?.report?.intents_created + preview?.report?.intents_updated)} intents are made or changed.`}</p>
      <p>Customers notice nothing before the next promotion.</p><//>`}
  </section>`;
}
