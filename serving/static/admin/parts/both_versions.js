import { html } from "../lib/html.js";
import { Button } from "./button.js";
import { Dialog } from "./dialog.js";

const isEmpty = (value) => value === null || value === undefined || value === "";
const shown = (value) => (isEmpty(value) ? "(empty)" : typeof value === "string" ? value : JSON.stringify(value, null, 2));

/** Two versions side by side, when two people have changed the same: `rows` are `[{name, mine, theirs}]`. */
export function BothVersions({ title = "This was changed in another tab or by somebody else too", rows, onMine, onTheirs, onClose, mine = "Keep mine", theirs = "Take the other" }) {
  return html`<${Dialog} isWide title=${title} onClose=${onClose} footer=${html`
    <${Button} onClick=${onTheirs}>${theirs}<//><${Button} kind="primary" onClick=${onMine}>${mine}<//>`}>
    <p>Both versions are here. Nothing is lost until you choose.</p>
    ${rows.map((row) => html`<section key=${row.name} class="both-versions">
      <h3>${row.name}</h3>
      <div class="versions-pair">
        <figure><figcaption>Yours, in this tab</figcaption><pre dir="auto">${shown(row.mine)}</pre></figure>
        <figure><figcaption>The other one, which is saved</figcaption><pre dir="auto">${shown(row.theirs)}</pre></figure>
      </div>
    </section>`)}
  <//>`;
}
