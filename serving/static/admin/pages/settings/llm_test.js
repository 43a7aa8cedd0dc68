import { html, useState } from "../../lib/html.js";
import { counted, milliseconds } from "../../lib/format.js";
import { path, post } from "../../lib/http.js";
import { useAction } from "../../lib/load.js";
import { Button } from "../../parts/button.js";
import { Failure } from "../../parts/states.js";

/** Ask the endpoint and model in the form for a word, before they are saved. */
export function LlmTest({ bot, endpoint, model }) {
  const [result, setResult] = useState(null);
  const test = useAction(async () => {
    setResult(null);
    setResult(await post(path`/bots/${bot}/settings/llm/test`, { endpoint: endpoint || undefined, model: model.trim() || undefined }));
  });
  return html`<div class="stack" role="group" aria-label="Test of the connection">
    <div class="actions"><${Button} isBusy=${test.isBusy} disabled=${Boolean(endpoint) && !endpoint.base_url} onClick=${() => test.run()}>Test the connection<//><span class="hint">Asks for a word, at most ten seconds. Nothing of a customer is sent.</span></div>
    <${Failure} error=${test.error} />
    <div role="status">${result && (result.is_ok ? html`<${Answered} result=${result} />`
      : html`<div class="note warn"><p><strong>It does not answer.</strong> ${result.detail}</p><p class="small-text">After ${milliseconds(result.duration_ms)}. Check the address, the key and the name of the model.</p></div>`)}</div>
  </div>`;
}

function Answered({ result }) {
  const { prompt_tokens: sent, completion_tokens: written, cost } = result;
  return html`<div class="note good"><p>${result.model} answers after ${milliseconds(result.duration_ms)}: <q>${result.answer.trim() || "(nothing)"}</q></p>
    <p class="small-text">${sent + written > 0 ? `${counted(sent, "token")} sent, ${written} written.` : "It does not say how many tokens that took."} ${cost === null ? "No price is set." : `It cost ${cost.toPrecision(2)}.`}</p></div>`;
}
