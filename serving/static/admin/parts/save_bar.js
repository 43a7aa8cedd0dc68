import { html } from "../lib/html.js";
import { Button } from "./button.js";
import { Conflict } from "./conflict.js";
import { Failure } from "./states.js";

/** The end of a form over `editing` (of `useEditing`): save, go back, why it failed, and somebody else's change. */
export function SaveBar({ editing, titles, mayEdit = true, role = "operator" }) {
  if (!mayEdit) return html`<p class="note">Changing this needs the role ${role}.</p>`;
  return html`<${Conflict} editing=${editing} titles=${titles} />
    <${Failure} error=${editing.error} />
    <div class="actions">
      <${Button} kind="primary" type="submit" isBusy=${editing.isBusy} disabled=${!editing.isChanged}>Save<//>
      ${editing.isChanged && html`<${Button} onClick=${editing.reset}>Undo changes<//><span class="muted">Not saved yet</span>`}
    </div>`;
}
