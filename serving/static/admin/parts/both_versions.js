import { html } from "../lib/html.js";
import { Button } from "./button.js";
import { Dialog } from "./dialog.js";

const shown = (value) => (value === null || value === undefined || value === "" ? "(empty)" : typeof value === "string" ? value : JSON.stringify(value, null, 2));

/** Two versions side by side, when two people have changed the same: `rows` are `[{name, mine, theirs}]`. */
export function BothVersions({ title = "Somebody else has changed this too", rows, onMine, onTheirs, onClose, mine = "Keep mine", theirs = "Take theirs" }) {
  return html`<${Dialog} isWide title=${title} onClose=${onClose} footer=${html`
    <${Button} onClick=${onTheirs}>${theirs}<//><${Button} kind="primary" onClick=${onMine}>${mine}<//>`}>
    <p>Both versions are here. Nothing is lost until you choose.</p>
    ${rows.map((row) => html`<section key=${row.name} class="versions">
      <h3>${row.name}</h3>
      <div class="versions-pair">
        <figure><figcaption>Yours</figcaption><pre dir="auto">${shown(row.mine)}</pre></figure>
        <figure><figcaption>Theirs</figcaption><pre dir="auto">${shown(row.theirs)}</pre></figure>
      </div>
    </section>`)}
  <//>`;
}
