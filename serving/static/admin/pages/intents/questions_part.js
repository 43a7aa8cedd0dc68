// The values that an intent needs, and how the bot asks for them.

import { html } from "../../lib/html.js";
import { Button } from "../../parts/button.js";
import { Empty } from "../../parts/states.js";
import { QuestionCard } from "./question_card.js";

const newName = (parameters) => {
  let number = parameters.length + 1;
  while (parameters.some(({ name }) => name === `value_${number}`)) number += 1;
  return `value_${number}`;
};

export function QuestionsPart({ bot, draft, value, entities, marked, mayEdit, onNewEntity }) {
  const parameters = value.parameters || [];
  const set = (rows) => draft.change({ parameters: rows });
  const edit = (at, fields) => set((draft.value.value.parameters || []).map((each, number) => (number === at ? { ...each, ...fields } : each)));
  const move = (at, by) => {
    const rows = [...parameters];
    [rows[at], rows[at + by]] = [rows[at + by], rows[at]];
    set(rows);
  };
  const add = html`<${Button} kind=${parameters.length ? "plain" : "primary"} onClick=${() => set([...parameters, { name: newName(parameters), type: "free_text", required: true, prompt: "" }])}>Add a question<//>`;
  if (!parameters.length) {
    return html`<${Empty} title="No questions" action=${mayEdit && add}>If the bot needs values before it can answer, such as a date or a size, add a question for each. What the customer has said already is not asked again.<//>`;
  }
  return html`<div class="stack">
    ${parameters.map((parameter, at) => html`<${QuestionCard} key=${at} bot=${bot} parameter=${parameter} number=${at + 1} entities=${entities} isMarked=${marked.includes(parameter.type)}
      taken=${parameters.filter((_, number) => number !== at).map((other) => other.name)} sharesType=${parameters.some((other, number) => number !== at && other.type === parameter.type)}
      onChange=${(fields) => edit(at, fields)} onNewEntity=${onNewEntity} onFault=${(by) => { draft.unusable.value += by; }}
      onUp=${at > 0 && (() => move(at, -1))} onDown=${at < parameters.length - 1 && (() => move(at, 1))} onRemove=${() => set(parameters.filter((_, number) => number !== at))} />`)}
    ${mayEdit && html`<div class="actions">${add}</div>`}
  </div>`;
}
