import { html, useState } from "../../lib/html.js";
import { path, post } from "../../lib/http.js";
import { useAction } from "../../lib/load.js";
import { Badge } from "../../parts/badge.js";
import { Button } from "../../parts/button.js";
import { Failure } from "../../parts/states.js";

/** Check what is saved: settings, secrets, and the tokens at the platform. Nothing is sent to a customer. */
export function ConnectionTest({ bot, channel, isChanged }) {
  const [result, setResult] = useState(null);
  const test = useAction(async () => {
    setResult(null);
    setResult(await post(path`/bots/${bot}/channels/${channel}/test`));
  });
  return html`<div class="stack" role="group" aria-label="Test of the connection">
    <div class="actions"><${Button} isBusy=${test.isBusy} disabled=${isChanged} onClick=${() => test.run()}>Test the connection<//>
      <span class="hint">${isChanged ? "Save first: what is saved is tested." : "Looks at the settings, the secrets and the tokens. Nothing is sent to a customer."}</span></div>
    <${Failure} error=${test.error} />
    <ul role="status" class="checks">${result?.checks.map(({ name, is_ok: isOk, detail }) => html`<li key=${name}><${Badge} kind=${isOk ? "good" : "bad"}>${isOk ? "ok" : "wrong"}<//> <strong>${name[0].toUpperCase() + name.slice(1)}</strong>: ${detail}</li>`)}</ul>
  </div>`;
}
