import { html, useState } from "../../lib/html.js";
import { day } from "../../lib/format.js";
import { path, post, remove } from "../../lib/http.js";
import { useAction } from "../../lib/load.js";
import { say } from "../../lib/notices.js";
import { Button } from "../../parts/button.js";
import { Copy } from "../../parts/copy.js";
import { Confirm, Dialog } from "../../parts/dialog.js";
import { Field } from "../../parts/field.js";
import { Failure, Loaded } from "../../parts/states.js";
import { Table } from "../../parts/table.js";

/** What your own server signs visitors' tokens with, so that tools and replies may rely on who writes. */
export function VisitorKeys({ bot, load }) {
  const [isMaking, setMaking] = useState(false);
  const [revoking, setRevoking] = useState(null);
  const revoke = async () => {
    await remove(path`/bots/${bot}/visitor-keys/${revoking.id}`);
    say(`The key “${revoking.name}” is revoked.`);
    load.reload();
  };
  const columns = [
    { title: "Name", isHeading: true, cell: ({ name }) => name },
    { title: "Secret", cell: ({ secret }) => html`<code>${secret}</code>` },
    { title: "Made", class: "nowrap", cell: ({ created_at: at, created_by: by }) => html`<span title=${`by ${by}`}>${day(at)}</span>` },
    { title: "Revoke", isUnseen: true, cell: (key) => html`<${Button} isSmall kind="danger" aria-label=${`Revoke ${key.name}`} onClick=${() => setRevoking(key)}>Revoke<//>` },
  ];
  return html`<section class="card" aria-label="Visitor keys">
    <div class="between"><h2>Visitor keys</h2><${Button} isSmall onClick=${() => setMaking(true)}>New visitor key<//></div>
    <p class="muted">Your own server signs with it who is writing, as a JSON Web Token (HS256) with <code>aud</code> ${bot}, <code>sub</code>, <code>thread</code> and <code>exp</code>.</p>
    <${Loaded} load=${load}>${({ items }) => (items.length ? html`<${Table} caption="Visitor keys" columns=${columns} rows=${items} keyOf=${({ id }) => id} />` : html`<p class="muted">There is none yet.</p>`)}<//>
    ${isMaking && html`<${NewVisitorKey} bot=${bot} onDone=${load.reload} onClose=${() => setMaking(false)} />`}
    ${revoking && html`<${Confirm} title=${`Revoke “${revoking.name}”?`} confirm="Revoke" onConfirm=${revoke} onClose=${() => setRevoking(null)}>
      <p>Within seconds tokens signed with it are refused. Make the new key first, and let your server use it. It cannot be undone.</p><//>`}
  </section>`;
}

function NewVisitorKey({ bot, onDone, onClose }) {
  const [name, setName] = useState("");
  const [reference, setReference] = useState("");
  const [made, setMade] = useState(null);
  const make = useAction(async () => {
    const key = await post(path`/bots/${bot}/visitor-keys`, { name: name.trim(), secret: reference.trim() || null });
    onDone();
    if (reference.trim()) onClose();
    else setMade(key);
  });
  const submit = (event) => {
    event.preventDefault();
    make.run();
  };
  if (made) {
    return html`<${Dialog} title="Copy the secret now" onClose=${() => {}} footer=${html`<${Button} kind="primary" onClick=${onClose}>I have kept it<//>`}>
      <p class="note warn">This is the only time that it is shown. Keep it on your server, and never in a page.</p><${Copy} text=${made.secret} label="the secret" /><//>`;
  }
  return html`<${Dialog} title="New visitor key" onClose=${onClose}><form class="stack" onSubmit=${submit}>
    <${Field} label="Who signs with it?" required maxlength="100" placeholder="the shop's server" value=${name} onInput=${setName} />
    <${Field} label="Secret of the operator" placeholder="secret:VISITORS" pattern="secret:[A-Z][A-Z0-9_]*" hint="Empty: one is made and shown once." value=${reference} onInput=${setReference} />
    <${Failure} error=${make.error} />
    <div class="actions"><${Button} kind="primary" type="submit" isBusy=${make.isBusy}>Make the key<//></div></form><//>`;
}
