import { html, useState } from "../../lib/html.js";
import { post } from "../../lib/http.js";
import { useAction } from "../../lib/load.js";
import { say } from "../../lib/notices.js";
import { Button } from "../../parts/button.js";
import { Dialog } from "../../parts/dialog.js";
import { Field } from "../../parts/field.js";
import { RolesEditor, rolesOf } from "../../parts/roles.js";
import { Failure } from "../../parts/states.js";

/** Name somebody, by e-mail or by the subject of their tokens, and give them roles. */
export function NewMember({ onAdded, onClose }) {
  const [name, setName] = useState("");
  const [kind, setKind] = useState("email");
  const [identity, setIdentity] = useState("");
  const [rows, setRows] = useState([{ bot: "*", role: "viewer" }]);
  const add = useAction(async () => {
    const added = await post("/members", { name: name.trim(), [kind]: identity.trim(), roles: rolesOf(rows) });
    say(`${added.name} is a member.`);
    onAdded();
    onClose();
  });
  const submit = (event) => {
    event.preventDefault();
    add.run();
  };
  return html`<${Dialog} title="Add a member" onClose=${onClose}>
    <form class="stack" onSubmit=${submit}>
      <${Field} label="Name" required maxlength="100" placeholder="Anna" value=${name} onInput=${setName} />
      <${Field} label="Known by" as="select" value=${kind} onChange=${(event) => setKind(event.target.value)}>
        <option value="email">E-mail address</option><option value="subject">Subject of their tokens</option><//>
      <${Field} label=${kind === "email" ? "E-mail address" : "Subject"} required maxlength="255" type=${kind === "email" ? "email" : "text"} value=${identity} onInput=${setIdentity}
        hint=${kind === "email" ? "It counts only if the issuer has verified it." : "The claim “sub”, exactly as the issuer writes it."} />
      <${RolesEditor} rows=${rows} onChange=${setRows} />
      <${Failure} error=${add.error} />
      <div class="actions"><${Button} kind="primary" type="submit" isBusy=${add.isBusy} disabled=${!name.trim() || !identity.trim()}>Add<//></div>
    </form>
  <//>`;
}
