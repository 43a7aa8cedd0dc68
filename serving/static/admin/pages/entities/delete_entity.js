import { html } from "../../lib/html.js";
import { forgetNames } from "../../lib/bots.js";
import { counted, listed } from "../../lib/format.js";
import { path, withQuery } from "../../lib/http.js";
import { go } from "../../lib/router.js";
import { useSeen } from "../../lib/seen.js";
import { Confirm } from "../../parts/dialog.js";
import { Loaded } from "../../parts/states.js";

const SHOWN = 6;

/** Ask before an entity is deleted, and name the intents that use it. */
export function DeleteEntity({ bot, name, usedBy, onClose }) {
  const where = path`/bots/${bot}/entities/${name}`;
  const { load, seen, remove } = useSeen(where);
  const run = async () => {
    await remove(withQuery(where, { used: usedBy.length > 0 || null }));
    forgetNames(bot);
    go(["bots", bot, "entities"]);
  };
  const some = usedBy.length > SHOWN ? [...usedBy.slice(0, SHOWN), `${usedBy.length - SHOWN} more`] : usedBy;
  return html`<${Confirm} title=${`Delete “${name}”?`} confirm=${usedBy.length ? "Delete it all the same" : "Delete the entity"} isDisabled=${!seen} onConfirm=${run} onClose=${onClose}>
    <${Loaded} load=${load}>${({ data }) => html`<p>With it go ${counted((data.entity_values || []).length, "value")}. This cannot be undone.</p>`}<//>
    ${usedBy.length > 0 && html`<p class="note warn">${listed(some)} ${usedBy.length === 1 ? "uses" : "use"} it. Their questions and marks stay, but nothing is found for them any more: change those first, or no training succeeds.</p>`}
  <//>`;
}
