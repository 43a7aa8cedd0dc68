import { html, useState } from "../../lib/html.js";
import { forgetNames } from "../../lib/bots.js";
import { path, post } from "../../lib/http.js";
import { useAction } from "../../lib/load.js";
import { intentIdFrom } from "../../lib/names.js";
import { go } from "../../lib/router.js";
import { Button } from "../../parts/button.js";
import { Dialog } from "../../parts/dialog.js";
import { Field } from "../../parts/field.js";
import { Failure } from "../../parts/states.js";

/** Ask for the name of a new intent, make it, and go there. */
export function NewIntent({ bot, known, onClose }) {
  const [name, setName] = useState("");
  const [given, setGiven] = useState(null);
  const id = given ?? intentIdFrom(name);
  const isTaken = known.some(({ intent_id: one }) => one === id);
  const make = useAction(async () => {
    await post(path`/bots/${bot}/intents`, { name: name.trim(), intentId: id });
    forgetNames(bot);
    onClose();
    go(["bots", bot, "intents", id]);
  });
  const submit = (event) => {
    event.preventDefault();
    make.run();
  };
  return html`<${Dialog} title="New intent" onClose=${onClose}>
    <form class="stack" onSubmit=${submit}>
      <${Field} label="What does the customer want?" required maxlength="120" placeholder="Order a pizza" value=${name} onInput=${setName} hint="In a few words. The bot may ask “did you mean …?” with them." />
      <${Field} label="Id" required value=${id} onInput=${setGiven} hint="For programs and buttons. You can change it now, and never again." error=${isTaken ? "There is an intent with this id." : ""} />
      <${Failure} error=${make.error} />
      <div class="actions"><${Button} kind="primary" type="submit" isBusy=${make.isBusy} disabled=${!name.trim() || !id || isTaken}>Make the intent<//></div>
    </form>
  <//>`;
}
