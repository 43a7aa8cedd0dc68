import { html } from "../../lib/html.js";
import { confidence } from "../../lib/format.js";
import { Check, Field } from "../../parts/field.js";

/** A threshold: as training fits it, or a value of one's own. `fitted` is that of the release that answers. */
export function Threshold({ name, title, sentence, max, step, own, fitted, mayEdit, onSet }) {
  const isFitted = own === null || own === undefined;
  const take = (text) => {
    const value = Number(text);
    if (text !== "" && Number.isFinite(value)) onSet(name, Math.min(max, Math.max(0, value)));
  };
  return html`<div class="threshold" role="group" aria-label=${title}>
    <div><strong>${title}</strong><p class="hint">${sentence}</p></div>
    <${Check} label="As training fits it" disabled=${!mayEdit} checked=${isFitted} onChange=${(is) => onSet(name, is ? null : fitted ?? max / 2)}
      hint=${fitted !== null && fitted !== undefined ? `The release that answers has ${confidence(fitted)}.` : "No release that answers has one."} />
    ${!isFitted && html`<${Field} label=${`${title}: own value`} isHidden type="number" min="0" max=${max} step=${step} disabled=${!mayEdit} value=${Math.round(own * 100) / 100} onInput=${take} />`}
  </div>`;
}
