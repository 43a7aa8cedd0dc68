import { html } from "../../lib/html.js";
import { forgetNames } from "../../lib/bots.js";
import { counted, listed } from "../../lib/format.js";
import { path, remove, withQuery } from "../../lib/http.js";
import { go } from "../../lib/router.js";
import { Confirm } from "../../parts/dialog.js";

const SHOWN = 6;

/** Ask before an entity is deleted, and name the intents that use it. */
export function DeleteEntity({ bot, name, values, usedBy, onClose }) {
  const run = async () => {
    await remove(withQuery(path`/bots/${bot}/entities/${name}`, { used: usedBy.length > 0 || null }), "*");
    forgetNames(bot);
    go(["bots", bot, "entities"]);
  };
  const some = usedBy.length > SHOWN ? [...usedBy.slice(0, SHOWN), `${usedBy.length - SHOWN} more`] : usedBy;
  return html`<${Confirm} title=${`Delete “${name}”?`} confirm=${usedBy.length ? "Delete it all the same" : "Delete the entity"} onConfirm=${run} onClose=${onClose}>
    <p>With it go ${counted(values, "value")}. This cannot be undone.</p>
    ${usedBy.length > 0 && html`<p class="note warn">${listed(some)} ${usedBy.length === 1 ? "uses" : "use"} it. Their questions and marks stay, but nothing is found for them any more: change those first, or no training succeeds.</p>`}
  <//>`;
}
