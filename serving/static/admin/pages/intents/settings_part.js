import { html, useSignal } from "../../lib/html.js";
import { forgetNames } from "../../lib/bots.js";
import { get, getAll, path, post, remove } from "../../lib/http.js";
import { useAction } from "../../lib/load.js";
import { say } from "../../lib/notices.js";
import { go } from "../../lib/router.js";
import { Button } from "../../parts/button.js";
import { Confirm } from "../../parts/dialog.js";
import { Field } from "../../parts/field.js";
import { IntentChoice } from "../../parts/intent_choice.js";
import { Failure } from "../../parts/states.js";
import { DeleteIntent } from "./delete_intent.js";

const AT_ONCE = 5000;
const wire = ({ text, entities }) => ({ text, entities });

/** Rename an intent, give all its examples to another one, or delete it. */
export function SettingsPart({ bot, intent, draft, value, summary, mayEdit }) {
  const isDeleting = useSignal(false);
  const target = useSignal(null);
  const moved = useSignal(0);
  const isNeeded = value.userDefined === false;
  const back = () => go(["bots", bot, "intents"]);
  const look = useAction(async (to) => {
    const { name } = await get(path`/bots/${bot}/intents/${to}`);
    target.value = { id: to, name };
  });
  const merge = async () => {
    const examples = await getAll(path`/bots/${bot}/examples`, { intent }, { most: Infinity });
    for (let at = 0; at < examples.length; at += AT_ONCE) {
      await post(path`/bots/${bot}/intents/${target.value.id}/examples`, { examples: examples.slice(at, at + AT_ONCE).map(wire) });
      moved.value = Math.min(examples.length, at + AT_ONCE);
    }
    await remove(path`/bots/${bot}/intents/${intent}`, "*");
    forgetNames(bot);
    say(`“${value.name}” is a part of “${target.value.name}” now.`);
    go(["bots", bot, "intents", target.value.id]);
  };
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
      <div class="actions"><${Button} kind="danger" disabled=${!summary} onClick=${() => { isDeleting.value = true; }}>Delete the intent<//></div>
    </section>`}
    ${isNeeded && html`<p class="note">Every bot needs this intent, so it cannot be deleted. Word its replies as you like.</p>`}
    ${isDeleting.value && html`<${DeleteIntent} bot=${bot} intent=${intent} summary=${summary} onDone=${back} onClose=${() => { isDeleting.value = false; }} />`}
    ${target.value && html`<${Confirm} title=${`Merge “${value.name}” into “${target.value.name}”?`} confirm="Merge the intents" onConfirm=${merge} onClose=${() => { target.value = null; }}>
      <p>All examples go to “${target.value.name}”. The replies, questions and tool of “${value.name}” are deleted. This cannot be undone.</p>
      ${moved.value > 0 && html`<p role="status">${moved.value} examples moved …</p>`}
    <//>`}
  </div>`;
}
