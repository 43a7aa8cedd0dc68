import { html, useState } from "../../lib/html.js";
import { post } from "../../lib/http.js";
import { useAction } from "../../lib/load.js";
import { may } from "../../lib/session.js";
import { bots } from "../../lib/bots.js";
import { Button } from "../../parts/button.js";
import { Copy } from "../../parts/copy.js";
import { Dialog } from "../../parts/dialog.js";
import { Field } from "../../parts/field.js";
import { RolesEditor, rolesOf } from "../../parts/roles.js";
import { Failure } from "../../parts/states.js";

const LIFETIMES = { 7: "in a week", 30: "in 30 days", 90: "in 90 days", 365: "in a year", "": "never" };

/** Make a key, and show its secret this once. */
export function NewKey({ onMade, onClose }) {
  const [name, setName] = useState("");
  const [days, setDays] = useState("90");
  const [rows, setRows] = useState([{ bot: may("owner") ? "*" : bots.value?.[0]?.name || "*", role: "viewer" }]);
  const [made, setMade] = useState(null);
  const make = useAction(async () => {
    setMade(await post("/keys", { name: name.trim(), roles: rolesOf(rows), days: days ? Number(days) : null }));
    onMade();
  });
  const submit = (event) => {
    event.preventDefault();
    make.run();
  };
  if (made) {
    return html`<${Dialog} title="Copy the key now" onClose=${() => {}} footer=${html`<${Button} kind="primary" onClick=${onClose}>I have kept it<//>`}>
      <p class="note warn">This is the only time that “${made.name}” is shown. Only a hash of it is stored; if it is lost, revoke it and make another.</p>
      <${Copy} text=${made.secret} label="the key" />
      <p class="hint">Programs send it as <code>Authorization: Bearer …</code>. People paste it where they sign in.</p>
    <//>`;
  }
  return html`<${Dialog} title="New key" onClose=${onClose}>
    <form class="stack" onSubmit=${submit}>
      <${Field} label="What is it for?" required maxlength="100" placeholder="nightly export" value=${name} onInput=${setName} />
      <${RolesEditor} rows=${rows} onChange=${setRows} mayAll=${may("owner")} />
      <${Field} label="Expires" as="select" value=${days} onChange=${(event) => setDays(event.target.value)}>
        ${["7", "30", "90", "365", ""].map((value) => html`<option key=${value} value=${value}>${LIFETIMES[value]}</option>`)}<//>
      <${Failure} error=${make.error} />
      <div class="actions"><${Button} kind="primary" type="submit" isBusy=${make.isBusy} disabled=${!name.trim()}>Make the key<//></div>
    </form>
  <//>`;
}
