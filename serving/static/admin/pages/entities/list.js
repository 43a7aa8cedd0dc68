import { html, useMemo, useSignal } from "../../lib/html.js";
import { readEntities } from "../../lib/bots.js";
import { count, counted } from "../../lib/format.js";
import { getAll, path } from "../../lib/http.js";
import { useGrowing, useLoad } from "../../lib/load.js";
import { link } from "../../lib/router.js";
import { may } from "../../lib/session.js";
import { Badge } from "../../parts/badge.js";
import { Button } from "../../parts/button.js";
import { Field } from "../../parts/field.js";
import { hueOf } from "../../parts/marked_text.js";
import { Page } from "../../parts/page.js";
import { Empty, Loaded } from "../../parts/states.js";
import { VirtualList } from "../../parts/virtual_list.js";
import { NewEntity } from "./new_entity.js";

export function EntityList({ bot, query }) {
  const load = useGrowing((onSome) => readEntities(bot, onSome), [bot]);
  // for this every intent is read, so the list does not wait for it
  const used = useLoad(async (signal) => (load.isPart ? null
    : new Map((await getAll(path`/bots/${bot}/entities`, {}, { signal })).map(({ name, used_by: usedBy }) => [name, usedBy]))), [bot, load.isPart]);
  const text = useSignal(query.text || "");
  const isMaking = useSignal(false);
  const make = may("author", bot) && html`<${Button} kind="primary" onClick=${() => { isMaking.value = true; }}>New entity<//>`;
  const shown = useMemo(() => {
    const wanted = text.value.trim().toLowerCase();
    return (load.data || []).filter(({ name }) => name.toLowerCase().includes(wanted));
  }, [load.data, text.value]);
  return html`<${Page} title="Entities" actions=${load.data?.length > 0 && make}
    lead="Kinds of values that customers name, such as a city or a size. Intents ask for them and examples mark them.">
    <${Loaded} load=${load}>${(entities) => (entities.length === 0
      ? html`<${Empty} title="No entities yet" action=${make}>Make one for each kind of value, or mark a word in an example of an intent:
          you can name a new entity there. Dates, numbers and the like are built in.<//>`
      : html`<div class="row end"><${Field} label="Search" type="search" placeholder="Name" value=${text.value}
        onInput=${(now) => { text.value = now; }} />
          <span class="beside-field">${load.isPart
            ? "Reading all entities …"
            : shown.length === entities.length ? counted(entities.length, "entity", "entities") : `${count(shown.length)} of ${entities.length}`
          }</span></div>
        ${shown.length === 0
          ? !load.isPart && html`<p class="muted">No entity is called so.</p>`
          : html`<${VirtualList} items=${shown} rowHeight=${48} label="Entities" keyOf=${({ name }) => name}
            row=${(row) => html`<${EntityRow} bot=${bot} row=${row} usedBy=${used.data?.get(row.name)} />`} />`}`)}<//>
    ${isMaking.value && html`<${NewEntity} bot=${bot} known=${load.data || []} onClose=${() => { isMaking.value = false; }} />`}
  <//>`;
}

/** What its values are found by. */
function foundBy(values, pattern) {
  if (values > 0) return counted(values, "value");
  return pattern ? "a pattern" : "examples alone";
}

function EntityRow({ bot, row: { name, value_count: values, pattern, lookup }, usedBy }) {
  return html`<div class="intent-row">
    <span class="dot" style=${{ "--hue": hueOf(name) }}></span>
    <a class="intent-name" href=${link(["bots", bot, "entities", name])}><strong>${name}</strong></a>
    <span class="row intent-badges">
      ${pattern && values > 0 && html`<${Badge} kind="info">pattern<//>`}
      ${lookup && html`<${Badge} kind="info">every known value<//>`}
      ${usedBy?.length === 0 && html`<${Badge} kind="warn">not used<//>`}</span>
    <span class="number">${foundBy(values, pattern)}</span>
  </div>`;
}
