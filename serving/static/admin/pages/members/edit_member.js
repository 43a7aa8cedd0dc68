import { html } from "../../lib/html.js";
import { useEditing } from "../../lib/editing.js";
import { path } from "../../lib/http.js";
import { say } from "../../lib/notices.js";
import { Dialog } from "../../parts/dialog.js";
import { Field } from "../../parts/field.js";
import { RolesEditor, rolesOf, rowsOf } from "../../parts/roles.js";
import { SaveBar } from "../../parts/save_bar.js";
import { Loaded } from "../../parts/states.js";

/** Change a member's name and roles. */
export function EditMember({ member, onSaved, onClose }) {
  const editing = useEditing(path`/members/${member.id}`, {
    fieldsOf: ({ name, roles }) => ({ name, roles }),
    onSaved: (saved) => {
      say(`${saved.name} is changed. It counts with their next request.`);
      onSaved();
      onClose();
    },
  });
  const submit = (event) => {
    event.preventDefault();
    editing.save();
  };
  return html`<${Dialog} title=${`Change ${member.name}`} onClose=${onClose}>
    <${Loaded} load=${editing.load}>${() => html`<form class="stack" onSubmit=${submit}>
      <p class="muted">${member.email || member.subject}</p>
      <${Field} label="Name" required maxlength="100" value=${editing.fields.name} onInput=${(name) => editing.set("name", name)} />
      <${RolesEditor} rows=${rowsOf(editing.fields.roles)} onChange=${(rows) => editing.set("roles", rolesOf(rows))} />
      <${SaveBar} editing=${editing} titles=${{ name: "Name", roles: "Roles" }} />
    </form>`}<//>
  <//>`;
}
