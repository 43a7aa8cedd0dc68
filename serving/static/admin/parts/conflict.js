import { html } from "../lib/html.js";
import { Button } from "./button.js";

const written = (value) => (value === null || value === undefined || value === "" ? "nothing" : typeof value === "string" ? value : JSON.stringify(value, null, 1));

/** Somebody else's change beside one's own, field by field, and what shall count. `editing` is from `useEditing`. */
export function Conflict({ editing, titles = {} }) {
  if (!editing.conflict) return null;
  const { mine, theirs } = editing.conflict;
  const names = Object.keys(mine).filter((name) => JSON.stringify(mine[name]) !== JSON.stringify(theirs[name]));
  return html`<div class="conflict" role="alert">
    <p><strong>This was changed in another tab or by somebody else meanwhile.</strong> Nothing was written. Which shall count?</p>
    <div class="table"><table><thead><tr><th scope="col">What</th><th scope="col">Yours</th><th scope="col">The other one</th></tr></thead>
      <tbody>${names.map((name) => html`<tr key=${name}><th scope="row">${titles[name] || name}</th><td class="as-written">${written(mine[name])}</td><td class="as-written">${written(theirs[name])}</td></tr>`)}</tbody></table></div>
    <div class="actions"><${Button} isBusy=${editing.isBusy} onClick=${editing.keepMine}>Write mine over it<//><${Button} onClick=${editing.takeTheirs}>Take the other<//></div>
  </div>`;
}
