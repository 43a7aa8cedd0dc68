// Keys of programs and people: made, looked over and revoked.

import { html, useState } from "../../lib/html.js";
import { ago, day, moment } from "../../lib/format.js";
import { get, path, remove } from "../../lib/http.js";
import { usePages } from "../../lib/load.js";
import { say } from "../../lib/notices.js";
import { me } from "../../lib/session.js";
import { Badge } from "../../parts/badge.js";
import { Button } from "../../parts/button.js";
import { Confirm } from "../../parts/dialog.js";
import { Check } from "../../parts/field.js";
import { Page } from "../../parts/page.js";
import { RoleList } from "../../parts/roles.js";
import { Empty, Failure, Loading } from "../../parts/states.js";
import { Table } from "../../parts/table.js";
import { NewKey } from "./new_key.js";

const KIND = { expired: "warn", revoked: "plain" };

const expiry = ({ expires_at: at }) => (at ? html`<span title=${moment(at)}>${day(at)}</span>` : "never");
const lastUse = ({ last_used_at: at }) => html`<span title=${at ? moment(at) : ""}>${ago(at)}</span>`;

export default function Keys() {
  const list = usePages((cursor, abort) => get("/keys", { cursor, limit: 100 }, { signal: abort }), []);
  const [isMaking, setMaking] = useState(false);
  const [revoking, setRevoking] = useState(null);
  const [showsEnded, setShowsEnded] = useState(false);
  const make = html`<${Button} kind="primary" onClick=${() => setMaking(true)}>New key<//>`;
  const revoke = async () => {
    const ended = await remove(path`/keys/${revoking.id}`);
    list.set((page) => ({ ...page, items: page.items.map((key) => (key.id === ended.id ? ended : key)) }));
    say(`The key “${ended.name}” is revoked.`);
  };
  const isOwn = (key) => me.value.id === `key:${key.id}`;
  const ended = list.items?.filter(({ state }) => state !== "valid").length || 0;
  const shown = list.items?.filter(({ state }) => showsEnded || state === "valid");
  const columns = [
    { title: "Name", isHeading: true, class: "wide-cell", cell: (key) => html`${key.name}${isOwn(key) && html` <${Badge}
      kind="info">You<//>`}${
      key.state !== "valid" && html` <${Badge} kind=${KIND[key.state]}>${key.state}<//>`}` },
    { title: "May", cell: (key) => html`<${RoleList} roles=${key.roles} />` },
    { title: "Last used", class: "nowrap", cell: lastUse },
    { title: "Expires", class: "nowrap", cell: expiry },
    { title: "Made", class: "nowrap rare-cell", cell: (key) => html`<span title=${`by ${key.by}`}>${day(key.created_at)}</span>` },
    { title: "Revoke", isUnseen: true, class: "number", cell: (key) => key.state === "valid" && html`<${Button} isSmall kind="danger"
      aria-label=${`Revoke ${key.name}`} onClick=${() => setRevoking(key)}>Revoke<//>` },
  ];
  return html`<${Page} title="Keys" actions=${make}
    lead="A key lets a program, or a person without single sign-on, use the admin API and these pages.">
    <${Failure} error=${list.error} onRetry=${list.reload} />
    ${!list.items ? !list.error && html`<${Loading} />` : shown.length === 0 && !list.hasMore
      ? html`<${Empty} title="No key" action=${make}>Make one for each program, so that you can revoke it alone.<//>`
      : html`<${Table} caption="Keys" columns=${columns} rows=${shown} keyOf=${({ id }) => id} />`}
    <div class="between">
      ${ended > 0 ? html`<${Check} label=${`Show the ${ended} that ended`} checked=${showsEnded}
        onChange=${setShowsEnded} />` : html`<span></span>`}
      ${list.hasMore && html`<${Button} isBusy=${list.isLoading} onClick=${list.more}>More<//>`}
    </div>
    ${isMaking && html`<${NewKey} onMade=${list.reload} onClose=${() => setMaking(false)} />`}
    ${revoking && html`<${Confirm} title=${`Revoke “${revoking.name}”?`} confirm="Revoke" onConfirm=${revoke}
      onClose=${() => setRevoking(null)}>
      <p>Whoever uses it is locked out at once, and sessions that began with it end. It cannot be undone: you would make a new key.</p>
      <p>It was last used ${ago(revoking.last_used_at)}.</p>
      ${isOwn(revoking) && html`<p class="note warn">You are signed in with this key. You will be signed out.</p>`}<//>`}
  <//>`;
}
