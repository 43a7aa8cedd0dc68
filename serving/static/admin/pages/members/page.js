// Members: who signs in through the organisation's single sign-on, and what they may do.

import { html, useState } from "../../lib/html.js";
import { day } from "../../lib/format.js";
import { get, getForEdit, path, remove } from "../../lib/http.js";
import { usePages } from "../../lib/load.js";
import { say } from "../../lib/notices.js";
import { Button } from "../../parts/button.js";
import { Confirm } from "../../parts/dialog.js";
import { Page } from "../../parts/page.js";
import { RoleList } from "../../parts/roles.js";
import { Empty, Failure, Loading } from "../../parts/states.js";
import { Table } from "../../parts/table.js";
import { EditMember } from "./edit_member.js";
import { NewMember } from "./new_member.js";

export default function Members() {
  const list = usePages((cursor, abort) => get("/members", { cursor, limit: 100 }, { signal: abort }), []);
  const [isAdding, setAdding] = useState(false);
  const [editing, setEditing] = useState(null);
  const [removing, setRemoving] = useState(null);
  const add = html`<${Button} kind="primary" onClick=${() => setAdding(true)}>Add a member<//>`;
  const drop = async () => {
    // what is named in the question is what goes, also if somebody has changed it since the list was loaded
    const { etag } = await getForEdit(path`/members/${removing.id}`);
    await remove(path`/members/${removing.id}`, etag);
    list.set((page) => ({ ...page, items: page.items.filter(({ id }) => id !== removing.id) }));
    say(`${removing.name} is no member any more.`);
  };
  const columns = [
    { title: "Name", isHeading: true, class: "middle-cell", cell: ({ name }) => name },
    { title: "Known by", class: "wide-cell", cell: ({ email, subject }) => (email ? email : html`<span class="mono"
      title="sub of their tokens">${subject}</span>`) },
    { title: "May", cell: ({ roles }) => html`<${RoleList} roles=${roles} />` },
    { title: "Since", class: "nowrap rare-cell", cell: ({ created_at: at, by }) => html`<span title=${`added by ${by}`}>${day(at)}</span>` },
    { title: "Change", isUnseen: true, cell: (member) => html`<span class="actions end">
      <${Button} isSmall aria-label=${`Change ${member.name}`} onClick=${() => setEditing(member)}>Change<//>
      <${Button} isSmall kind="danger" aria-label=${`Remove ${member.name}`} onClick=${() => setRemoving(member)}>Remove<//></span>` },
  ];
  return html`<${Page} title="Members"
    lead="People who sign in through your organisation. They also have the roles of their groups there."
    actions=${list.items?.length > 0 && add}>
    <${Failure} error=${list.error} onRetry=${list.reload} />
    ${!list.items ? !list.error && html`<${Loading} />` : list.items.length === 0
      ? html`<${Empty} title="No member yet" action=${add}><p>Connect an OpenID Connect issuer, such as Entra ID, Cognito or Keycloak, with
          ${" "}<code>INTENTLOOP_OIDC_ISSUER</code>. Then name here who may do what. Without one, people sign in with${" "}
          <a href="#/keys">keys</a>.</p><//>`
      : html`<${Table} caption="Members" columns=${columns} rows=${list.items} keyOf=${({ id }) => id} />`}
    ${list.hasMore && html`<${Button} isBusy=${list.isLoading} onClick=${list.more}>More<//>`}
    ${isAdding && html`<${NewMember} onAdded=${list.reload} onClose=${() => setAdding(false)} />`}
    ${editing && html`<${EditMember} member=${editing} onSaved=${list.reload} onClose=${() => setEditing(null)} />`}
    ${removing && html`<${Confirm} title=${`Remove ${removing.name}?`} confirm="Remove" onConfirm=${drop}
      onClose=${() => setRemoving(null)}>
      <p>The roles named here go at once, also in sessions that are open. Roles of their groups at the issuer stay.</p><//>`}
  <//>`;
}
