import { html, useSignal } from "../../lib/html.js";
import { milliseconds } from "../../lib/format.js";
import { useAction } from "../../lib/load.js";
import { Button } from "../../parts/button.js";
import { Confirm } from "../../parts/dialog.js";
import { Failure } from "../../parts/states.js";
import { Bubbles } from "./bubbles.js";
import { Answered } from "../../parts/turn/call.js";
import { askPreview } from "./preview.js";

const json = (value) => (typeof value === "string" ? value : JSON.stringify(value, null, 2));

/** The request as it would be sent with the sample values, and its answer once it is sent for real. */
export function ToolTry({ bot, value, samples, preview, mayEdit }) {
  const answered = useSignal(null);
  const isAsking = useSignal(false);
  const request = JSON.stringify([value.apiDetails, samples.samples]);
  const call = useAction(async () => {
    answered.value = null;
    const data = await askPreview(bot, value, { ...samples, tool: "called" });
    answered.value = { data, request };
    const { tool: called } = data;
    if (!called || called.problem) return;
    if (value.apiDetails?.responseMapping) samples.setMapped(called); // the answer as it came is not known here
    else samples.setAnswer(json(called.result));
  });
  const send = () => {
    if ((value.apiDetails?.requestType || "GET") === "GET") call.run();
    else isAsking.value = true;
  };
  const { tool, faults } = preview.data || { tool: null, faults: [] };
  const isUnwritten = !(value.apiDetails?.url || "").trim(); // nothing was done wrong yet
  // an answer belongs to the request that it answered
  const sent = answered.value?.request === request ? answered.value.data.tool : null;
  return html`<div class="stack">
    <${Failure} error=${preview.error || call.error} />
    ${isUnwritten && html`<p class="muted small-text">Write the address, and the request is shown here.</p>`}
    ${faults.filter(({ field }) => field !== "url" || !isUnwritten).map((fault) => html`<p key=${fault.field} class="wrong">${fault.field === "jsonData" ? "Body" : fault.field === "url" ? "Address" : fault.field.replace("headers.", "Header ")}: ${fault.detail}</p>`)}
    ${tool && html`<div role="group" aria-label="Request"><h3>Request</h3>
      <pre>${[`${tool.method || ""} ${tool.url || ""}`, ...tool.headers.map(({ name, value: text }) => `${name}: ${text}`), ...(tool.body === null ? [] : ["", json(tool.body)])].join("\n")}</pre>
      ${tool.problem && html`<p class="wrong">${tool.problem}</p>`}</div>`}
    ${tool && mayEdit && html`<div class="actions"><${Button} isBusy=${call.isBusy} onClick=${send}>Send it for real<//></div>`}
    ${sent && html`<div role="group" aria-label="Answer"><h3>Answer${sent.duration_ms !== null && html` <span class="muted">${milliseconds(sent.duration_ms)}</span>`}</h3>
      ${sent.problem ? html`<p class="wrong">${sent.problem}</p><${Answered} text=${sent.answer} />` : html`<pre>${json(sent.result)}</pre>`}
      ${Object.keys(sent.context).length > 0 && html`<h3>Remembered</h3><pre>${json(sent.context)}</pre>`}
      ${!sent.problem && html`<h3>Reply</h3><${Bubbles} shown=${answered.value.data.texts.find(({ place }) => place === "speechResponse")} />`}</div>`}
    ${isAsking.value && html`<${Confirm} title="Send it for real?" kind="primary" confirm="Send it" onConfirm=${call.run} onClose=${() => { isAsking.value = false; }}>
      <p>The system at that address does what the request says, with the sample values.</p><//>`}
  </div>`;
}
