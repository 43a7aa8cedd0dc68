import { html, useEffect, useState } from "../../lib/html.js";
import { clock } from "../../lib/format.js";
import { get, path } from "../../lib/http.js";
import { useLoad } from "../../lib/load.js";
import { Loaded } from "../../parts/states.js";

/** The steps of a training, shown on demand. */
export function TrainingLog({ bot, training }) {
  const [isOpen, setOpen] = useState(false);
  return html`<details onToggle=${(event) => setOpen(event.currentTarget.open)}><summary>Log of training ${training.id}</summary>
    ${isOpen && html`<${Lines} bot=${bot} training=${training} />`}</details>`;
}

function Lines({ bot, training }) {
  const load = useLoad((signal) => get(path`/bots/${bot}/trainings/${training.id}/log`, {}, { signal }), [bot, training.id]);
  useEffect(() => {
    if (load.data) load.reload();
  }, [training.step, training.state]);
  return html`<${Loaded} load=${load}>${({ lines }) => (lines.length === 0
    ? html`<p class="muted">Nothing has begun yet.</p>`
    : html`<ol class="log">${lines.map(({ at, share, text }, number) => html`<li key=${number}>
        <time class="mono muted">${clock(at)}</time><span class="mono muted">${Math.round(share * 100)} %</span><span>${text}</span></li>`)}</ol>`)}<//>`;
}
