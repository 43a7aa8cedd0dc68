import { html, useSignal } from "../../lib/html.js";
import { get, path } from "../../lib/http.js";
import { useAction } from "../../lib/load.js";
import { go } from "../../lib/router.js";
import { Button } from "../../parts/button.js";
import { Field } from "../../parts/field.js";
import { IntentChoice } from "../../parts/intent_choice.js";
import { Failure } from "../../parts/states.js";
import { DeleteIntent } from "./delete_intent.js";
import { MergeIntent } from "./merge_intent.js";

/** Rename an intent, give all its examples to another one, or delete it. */
export function SettingsPart({ bot, intent, draft, value, mayEdit }) {
  const isDeleting = useSignal(false);
  const target = useSignal(null);
  const isNeeded = value.userDefined === false;
  const back = () => go(["bots", bot, "intents"]);
  const look = useAction(async (to) => {
    const { name } = await get(path`/bots/${bot}/intents/${to}`);
    target.value = { id: to, name };
  });
  return html`<div class="stack narrow">
    <section class="card">
      <${Field} label="Name" value=${value.name} onInput=${(name) => name.trim() && draft.change({ name })} hint="What people call it, in questions such as “did you mean …?” too." />
      <p class="muted">Its id is <code>${intent}</code> and never changes: buttons and programs call it <code>/${intent}</code>.</p>
    </section>
    ${mayEdit && !isNeeded && html`<section class="card">
      <h2>Merge into another intent</h2>
      <p class="muted">Its examples go to the other intent. Its replies, questions and tool are deleted with it.</p>
      <${IntentChoice} bot=${bot} label="Into which intent?" without=${[intent]} onChoose=${(to) => to !== intent && look.run(to)} />
      <${Failure} error=${look.error} />
    </section>
    <section class="card">
      <h2>Delete</h2>
      <div class="actions"><${Button} kind="danger" onClick=${() => { isDeleting.value = true; }}>Delete the intent<//></div>
    </section>`}
    ${isNeeded && html`<p class="note">Every bot needs this intent, so it cannot be deleted. Word its replies as you like.</p>`}
    ${isDeleting.value && html`<${DeleteIntent} bot=${bot} intent=${intent} name=${value.name} onDone=${back} onClose=${() => { isDeleting.value = false; }} />`}
    ${target.value && html`<${MergeIntent} bot=${bot} intent=${intent} name=${value.name} target=${target.value} onClose=${() => { target.value = null; }} />`}
  </div>`;
}
