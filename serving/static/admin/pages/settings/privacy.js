import { html } from "../../lib/html.js";
import { useEditing } from "../../lib/editing.js";
import { path } from "../../lib/http.js";
import { say } from "../../lib/notices.js";
import { may } from "../../lib/session.js";
import { Check, Field } from "../../parts/field.js";
import { SaveBar } from "../../parts/save_bar.js";
import { Loaded } from "../../parts/states.js";

const KINDS = { email: "E-mail addresses", phone: "Phone numbers", card: "Card numbers", iban: "Bank accounts (IBAN)", national_id: "National ids" };
const TITLES = { redact: "Placeholders", state_days: "Conversations are remembered, in days", turn_days: "Messages are logged, in days", form_hours: "Values of a form, in hours" };

/** Which personal data is not kept, and how long the rest is. */
export function Privacy({ bot }) {
  const editing = useEditing(path`/bots/${bot}/privacy`, { onSaved: () => say("Saved. It counts for messages from now on, within seconds.") });
  const mayEdit = may("operator", bot);
  const submit = (event) => {
    event.preventDefault();
    editing.save();
  };
  return html`<${Loaded} load=${editing.load}>${() => {
    const { fields, set } = editing;
    const mark = (kind) => (is) => set("redact", Object.keys(KINDS).filter((each) => (each === kind ? is : fields.redact.includes(each))));
    const number = (name) => (text) => set(name, text === "" ? null : Number(text));
    return html`<form class="stack" onSubmit=${submit}>
      <section class="card" role="group" aria-label="Placeholders"><h2>Placeholders</h2>
        <p class="muted">What is ticked is replaced, for example by <code>[phone]</code>, before anything is stored or sent to a language model. Forms and tools still work with the real values.</p>
        <div class="grid">${Object.entries(KINDS).map(([kind, title]) => html`<${Check} key=${kind} label=${title} disabled=${!mayEdit} checked=${fields.redact.includes(kind)} onChange=${mark(kind)} />`)}</div>
      </section>
      <section class="card"><h2>How long the rest is kept</h2>
        <p class="muted">Empty: as long as the platform keeps it. A shorter time also counts for what is stored already: it is deleted.</p>
        <div class="row end">
          <${Field} label="Messages and replies, in days" type="number" min="0.01" step="any" disabled=${!mayEdit} value=${fields.turn_days ?? ""} onInput=${number("turn_days")} />
          <${Field} label="Memory of a conversation, in days" type="number" min="0.01" step="any" disabled=${!mayEdit} value=${fields.state_days ?? ""} onInput=${number("state_days")} />
          <${Field} label="Values in an unfinished form, in hours" type="number" required min="0.01" max="720" step="any" disabled=${!mayEdit} value=${fields.form_hours ?? ""} onInput=${number("form_hours")} />
        </div>
      </section>
      <${SaveBar} editing=${editing} titles=${TITLES} mayEdit=${mayEdit} />
    </form>`;
  }}<//>`;
}
