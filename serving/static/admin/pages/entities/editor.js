import { html, useEffect, useMemo, useSignal } from "../../lib/html.js";
import { Autosave } from "../../lib/autosave.js";
import { forgetNames } from "../../lib/bots.js";
import { counted } from "../../lib/format.js";
import { getAll, getForEdit, path, put } from "../../lib/http.js";
import { useKeys } from "../../lib/keys.js";
import { useLoad } from "../../lib/load.js";
import { say } from "../../lib/notices.js";
import { guardLeaving, link } from "../../lib/router.js";
import { may } from "../../lib/session.js";
import { BothVersions } from "../../parts/both_versions.js";
import { Button } from "../../parts/button.js";
import { Check, Field } from "../../parts/field.js";
import { Page } from "../../parts/page.js";
import { SaveState } from "../../parts/save_state.js";
import { Loaded } from "../../parts/states.js";
import { DeleteEntity } from "./delete_entity.js";
import { merged, written } from "./lines.js";
import { PasteValues } from "./paste_values.js";
import { ValueList } from "./value_list.js";

const FIELDS = { entity_values: "Values", pattern: "Pattern", lookup: "Every known value counts" };
const plain = (value) => Object.fromEntries(Object.entries(value).filter(([, field]) => field !== null));
const lines = (value) => (Array.isArray(value) ? value.map((row) => [row.value, written(row.synonyms)].filter(Boolean).join(", ")).join("\n") : value);

/** One entity; everything that is typed saves itself. */
export function EntityEditor({ bot, name }) {
  const where = path`/bots/${bot}/entities/${name}`;
  const draft = useMemo(() => new Autosave(`entity/${bot}/${name}`, ({ value, etag }) => put(where, plain(value), etag)), [where]);
  const load = useLoad((signal) => getForEdit(where, { signal }).then((read) => {
    draft.open(read);
    return true;
  }), [where]);
  const users = useLoad(async (signal) => (await getAll(path`/bots/${bot}/intents`, { entity: name }, { signal })).map(({ intent_id: id }) => id), [bot, name]);
  const isPasting = useSignal(false);
  const isDeleting = useSignal(false);
  const mayEdit = may("author", bot);
  useEffect(() => {
    const leave = guardLeaving(() => (draft.isLost && "Something is not saved yet and this browser cannot keep it. Leave all the same?") || null);
    return () => {
      leave();
      draft.close();
      forgetNames(bot);
    };
  }, [draft]);
  useKeys({
    "mod+s": { does: "save now", run: () => draft.save() },
    u: { does: "undo the last change", run: () => draft.undo() },
  });
  const value = draft.value.value;
  const values = value?.entity_values || [];
  const conflict = draft.conflict.value;
  const add = (found) => {
    draft.change({ entity_values: merged(draft.value.value.entity_values || [], found) });
    say(`${counted(found.length, "value")} added.`);
  };
  const actions = mayEdit && html`<${SaveState} autosave=${draft} /><${Button} isSmall disabled=${draft.steps.value === 0} title=${draft.steps.value ? "" : "There is nothing to undo"} onClick=${() => draft.undo()}>Undo<//>`;
  const usedBy = users.data || [];
  return html`<${Page} title=${name} back=${{ href: link(["bots", bot, "entities"]), title: "Entities" }} actions=${actions}>
    <${Loaded} load=${load}>${() => html`<fieldset class="bare stack" disabled=${!mayEdit}>
      <section class="card">
        <div class="between"><h2>${counted(values.length, "value")}</h2>${mayEdit && html`<${Button} isSmall onClick=${() => { isPasting.value = true; }}>Paste many<//>`}</div>
        <p class="muted">The first word is what replies and tools get, whichever synonym the customer writes. Without any value, it is whatever the examples mark.</p>
        <${ValueList} values=${values} onChange=${(rows) => draft.change({ entity_values: rows })} now=${() => draft.value.value.entity_values || []} mayEdit=${mayEdit} />
      </section>
      <section class="card">
        <${Check} label="Every known value counts" checked=${Boolean(value.lookup)} onChange=${(lookup) => draft.change({ lookup })}
          hint="Wherever one of the values above stands in a message, it is found, even if no example marks it. Leave it off if a value is also an ordinary word: with the city “Nice”, “a nice evening” would mean the city." />
        <${Field} label="Pattern" class="mono-field" value=${value.pattern || ""} onInput=${(pattern) => draft.change({ pattern: pattern || null })} placeholder="ORD-\\d+"
          hint="For values that all look alike, such as order numbers: a regular expression (RE2). What it matches is a value." />
      </section>
      <section class="card"><h2>Used by</h2>
        ${users.data === undefined ? html`<${Loaded} load=${users}>${() => null}<//>` : usedBy.length === 0 ? html`<p class="muted">No intent uses it yet.</p>` : html`<ul class="row">${usedBy.map((intent) => html`<li key=${intent}><a href=${link(["bots", bot, "intents", intent])}>${intent}</a></li>`)}</ul>`}
      </section>
      ${mayEdit && html`<div class="actions"><${Button} kind="danger" disabled=${users.data === undefined} onClick=${() => { isDeleting.value = true; }}>Delete the entity<//></div>`}
    </fieldset>`}<//>
    ${isPasting.value && html`<${PasteValues} bot=${bot} name=${name} values=${values} onAdd=${add} onClose=${() => { isPasting.value = false; }} />`}
    ${isDeleting.value && html`<${DeleteEntity} bot=${bot} name=${name} usedBy=${usedBy} onClose=${() => { isDeleting.value = false; }} />`}
    ${conflict && !draft.isPutOff.value && html`<${BothVersions} rows=${conflict.fields.map((field) => ({ name: FIELDS[field] || field, mine: lines(value[field]), theirs: lines(conflict.theirs[field]) }))}
      onMine=${() => draft.resolve("mine")} onTheirs=${() => draft.resolve("theirs")} onClose=${() => { draft.isPutOff.value = true; }} />`}
  <//>`;
}
