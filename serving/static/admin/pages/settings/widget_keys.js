import { html, useState } from "../../lib/html.js";
import { day } from "../../lib/format.js";
import { getForEdit, path, post, remove } from "../../lib/http.js";
import { useAction } from "../../lib/load.js";
import { say } from "../../lib/notices.js";
import { useEditing } from "../../lib/editing.js";
import { Button } from "../../parts/button.js";
import { Confirm, Dialog } from "../../parts/dialog.js";
import { Field } from "../../parts/field.js";
import { SaveBar } from "../../parts/save_bar.js";
import { Failure, Loaded } from "../../parts/states.js";
import { Table } from "../../parts/table.js";

const originsOf = (text) => text.split(/\s+/).filter(Boolean);

/** Which pages may talk to the bot: keys with the origins they are good for. */
export function WidgetKeys({ bot, load }) {
  const [isMaking, setMaking] = useState(false);
  const [editing, setEditing] = useState(null);
  const [revoking, setRevoking] = useState(null);
  const revoke = async () => {
    const { etag } = await getForEdit(path`/bots/${bot}/widget-keys/${revoking.id}`);
    await remove(path`/bots/${bot}/widget-keys/${revoking.id}`, etag);
    say(`The key “${revoking.name}” is revoked.`);
    load.reload();
  };
  const columns = [
    { title: "Name", isHeading: true, cell: ({ name }) => name },
    { title: "Key", cell: ({ key }) => html`<code>${key}</code>` },
    { title: "Pages", cell: ({ origins }) => origins.join(", ") },
    { title: "Made", class: "nowrap", cell: ({ created_at: at, created_by: by }) => html`<span title=${`by ${by}`}>${day(at)}</span>` },
    { title: "Change", isUnseen: true, cell: (key) => html`<span class="row"><${Button} isSmall aria-label=${`Change ${key.name}`} onClick=${() => setEditing(key)}>Change<//>
      <${Button} isSmall kind="danger" aria-label=${`Revoke ${key.name}`} onClick=${() => setRevoking(key)}>Revoke<//></span>` },
  ];
  return html`<section class="card" aria-label="Widget keys">
    <div class="between"><h2>Widget keys</h2><${Button} isSmall onClick=${() => setMaking(true)}>New widget key<//></div>
    <p class="muted">A widget key says which pages may talk to the bot. It is no secret: it stands in the source of the page.</p>
    <${Loaded} load=${load}>${({ items }) => (items.length ? html`<${Table} caption="Widget keys" columns=${columns} rows=${items} keyOf=${({ id }) => id} />` : html`<p class="muted">There is none yet.</p>`)}<//>
    ${isMaking && html`<${NewWidgetKey} bot=${bot} onDone=${load.reload} onClose=${() => setMaking(false)} />`}
    ${editing && html`<${EditWidgetKey} bot=${bot} known=${editing} onDone=${load.reload} onClose=${() => setEditing(null)} />`}
    ${revoking && html`<${Confirm} title=${`Revoke “${revoking.name}”?`} confirm="Revoke" onConfirm=${revoke} onClose=${() => setRevoking(null)}>
      <p>Within seconds the chat stops on ${revoking.origins.join(", ")} wherever pages carry this key. It cannot be undone.</p><//>`}
  </section>`;
}

function NewWidgetKey({ bot, onDone, onClose }) {
  const [name, setName] = useState("");
  const [origins, setOrigins] = useState("");
  const make = useAction(async () => {
    await post(path`/bots/${bot}/widget-keys`, { name: name.trim(), origins: originsOf(origins) });
    onDone();
    onClose();
  });
  const submit = (event) => {
    event.preventDefault();
    make.run();
  };
  return html`<${Dialog} title="New widget key" onClose=${onClose}><form class="stack" onSubmit=${submit}>
    <${Field} label="What is it for?" required maxlength="100" placeholder="the shop" value=${name} onInput=${setName} />
    <${Field} label="Pages" as="textarea" required rows="3" spellcheck="false" placeholder="https://shop.example" hint="One origin a line; https://*.shop.example is every page below." value=${origins} onInput=${setOrigins} />
    <${Failure} error=${make.error} />
    <div class="actions"><${Button} kind="primary" type="submit" isBusy=${make.isBusy}>Make the key<//></div></form><//>`;
}

function EditWidgetKey({ bot, known, onDone, onClose }) {
  const editing = useEditing(path`/bots/${bot}/widget-keys/${known.id}`, {
    fieldsOf: ({ name, origins }) => ({ name, origins }),
    onSaved: () => {
      onDone();
      onClose();
    },
  });
  const submit = (event) => {
    event.preventDefault();
    editing.save();
  };
  return html`<${Dialog} title=${`Change ${known.name}`} onClose=${onClose}><${Loaded} load=${editing.load}>${() => html`<form class="stack" onSubmit=${submit}>
    <${Field} label="What is it for?" required maxlength="100" value=${editing.fields.name} onInput=${(text) => editing.set("name", text)} />
    <${Field} label="Pages" as="textarea" required rows="3" spellcheck="false" value=${editing.fields.origins.join("\n")} onChange=${(event) => editing.set("origins", originsOf(event.target.value))} />
    <${SaveBar} editing=${editing} titles=${{ name: "Name", origins: "Pages" }} /></form>`}<//><//>`;
}
