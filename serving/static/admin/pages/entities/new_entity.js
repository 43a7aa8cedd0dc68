import { html, useState } from "../../lib/html.js";
import { forgetNames } from "../../lib/bots.js";
import { path, post } from "../../lib/http.js";
import { useAction } from "../../lib/load.js";
import { entityFault } from "../../lib/names.js";
import { go } from "../../lib/router.js";
import { Button } from "../../parts/button.js";
import { Dialog } from "../../parts/dialog.js";
import { Field } from "../../parts/field.js";
import { Failure } from "../../parts/states.js";

/** Ask for the name of a new entity, make it, and go there. */
export function NewEntity({ bot, known, onClose }) {
  const [name, setName] = useState("");
  const isTaken = known.some((each) => each.name === name.trim());
  const fault = isTaken ? "There is an entity of this name." : entityFault(name.trim());
  const make = useAction(async () => {
    await post(path`/bots/${bot}/entities`, { name: name.trim() });
    forgetNames(bot);
    onClose();
    go(["bots", bot, "entities", name.trim()]);
  });
  const submit = (event) => {
    event.preventDefault();
    make.run();
  };
  return html`<${Dialog} title="New entity" onClose=${onClose}>
    <form class="stack" onSubmit=${submit}>
      <${Field} label="Name" required maxlength="200" placeholder="city" value=${name} onInput=${setName} error=${fault} hint="It never changes." />
      <${Failure} error=${make.error} />
      <div class="actions"><${Button} kind="primary" type="submit" isBusy=${make.isBusy} disabled=${!name.trim() || Boolean(fault)}>Make the entity<//></div>
    </form>
  <//>`;
}
