import { html, useEffect, useMemo, useSignal } from "../../lib/html.js";
import { readIntents } from "../../lib/bots.js";
import { count, counted } from "../../lib/format.js";
import { get, path } from "../../lib/http.js";
import { useGrowing, useLoad } from "../../lib/load.js";
import { link, replaceQuery } from "../../lib/router.js";
import { may } from "../../lib/session.js";
import { Badge } from "../../parts/badge.js";
import { Button } from "../../parts/button.js";
import { Field } from "../../parts/field.js";
import { Page } from "../../parts/page.js";
import { Empty, Loaded } from "../../parts/states.js";
import { VirtualList } from "../../parts/virtual_list.js";
import { DeleteIntent } from "./delete_intent.js";
import { NewIntent } from "./new_intent.js";

/** What the draft changes for customers, `{isAvailable, parts}`. */
async function difference(bot, signal) {
  const { is_available: isAvailable, difference: found } = await get(path`/bots/${bot}/draft/difference`, {}, { signal });
  return { isAvailable, parts: (found.bot || []).length + (found.intents || []).length + (found.entities || []).length };
}

export function IntentList({ bot, query }) {
  const load = useGrowing((onSome) => readIntents(bot, onSome), [bot]);
  // for this the whole draft is read, so the list goes first
  const differs = useLoad(async (signal) => (load.isPart ? null : difference(bot, signal)), [bot, load.isPart]);
  const text = useSignal(query.text || "");
  const isMaking = useSignal(false);
  const gone = useSignal(null);
  const mayEdit = may("author", bot);
  useEffect(() => {
    if (text.value !== (query.text || "")) replaceQuery({ ...query, text: text.value });
  }, [text.value]);
  useEffect(() => {
    if (query.new && mayEdit) isMaking.value = true;
  }, [query.new]);
  const stopMaking = () => {
    isMaking.value = false;
    if (query.new) replaceQuery({ ...query, new: "" });
  };
  const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = useMemo(() => (load.data || []).filter(({ intent_id: id, name, entities, parameters, findings }) => {
    const all = [id, name, ...entities, ...parameters].join(" ").toLowerCase();
    return words.every((word) => all.includes(word))
      && (!query.entity || entities.includes(query.entity))
      && (!query.finding || findings.includes(query.finding));
  }), [load.data, text.value, query.entity, query.finding]);
  const isTrainable = differs.data && (!differs.data.isAvailable || differs.data.parts > 0);
  const make = mayEdit && html`<${Button} kind=${isTrainable ? "plain" : "primary"}
    onClick=${() => { isMaking.value = true; }}>New intent<//>`;
  const train = mayEdit && isTrainable && html`<${Button} kind="primary" href=${link(["bots", bot, "releases"])}>Train<//>`;
  return html`<${Page} title="Intents" actions=${html`${make}${train}`}
    lead="What customers can want. Each has examples of how they say it, questions to ask, and an answer.">
    ${differs.data?.isAvailable && differs.data.parts > 0 && html`<p class="note">The draft differs from what answers customers in
      ${" "}${counted(differs.data.parts, "part")}. Customers notice it after a training.</p>`}
    <${Loaded} load=${load}>${(intents) => (intents.length === 0
      ? html`<${Empty} title="No intents yet"
        action=${make}>An intent is one thing that customers want, such as the status of an order.<//>`
      : html`<div class="row end"><${Field} label="Search" type="search" placeholder="Name, id, entity" value=${text.value}
            onInput=${(now) => { text.value = now; }} />
          <span class="beside-field">${load.isPart
            ? "Reading all intents …"
            : shown.length === intents.length
              ? counted(intents.length, "intent")
              : `${count(shown.length)} of ${counted(intents.length, "intent")}`}</span></div>
        ${shown.length === 0
          ? !load.isPart && html`<p class="muted">No intent is like that.</p>`
          : html`<${VirtualList} items=${shown} rowHeight=${56} label="Intents" keyOf=${(row) => row.intent_id}
            row=${(row) => html`<${IntentRow} bot=${bot} row=${row} mayEdit=${mayEdit}
              onDelete=${() => { gone.value = row; }} />`} />`}`)}<//>
    ${isMaking.value && html`<${NewIntent} bot=${bot} known=${load.data || []} onClose=${stopMaking} />`}
    ${gone.value && html`<${DeleteIntent} bot=${bot} intent=${gone.value.intent_id} name=${gone.value.name}
      onClose=${() => { gone.value = null; }}
      onDone=${() => (load.isPart
        ? load.reload()
        : load.set((all) => all.filter((row) => row.intent_id !== gone.value.intent_id)))} />`}
  <//>`;
}

function IntentRow({ bot, row, mayEdit, onDelete }) {
  const { intent_id: id, name, example_count: examples, parameters, findings, has_tool: hasTool, user_defined: isOwn } = row;
  return html`<div class="intent-row">
    <a class="intent-name" href=${link(["bots", bot, "intents", id])}>
      <strong>${name || id}</strong>${name && name !== id && html`<span class="muted mono">${id}</span>`}</a>
    <span class="row intent-badges">
      ${findings.length > 0 && html`<a class="badge-link" href=${link(["bots", bot, "findings"], { intent: id })}>
        <${Badge} kind="warn">${counted(findings.length, "finding")}<//></a>`}
      ${hasTool && html`<${Badge} kind="info">tool<//>`}
      ${parameters.length > 0 && html`<${Badge}>${counted(parameters.length, "question")}<//>`}
    </span>
    <span class="number">${counted(examples, "example")}</span>
    ${mayEdit && html`<${Button} kind="quiet" isSmall disabled=${!isOwn} title=${isOwn ? "" : "Every bot needs this intent"}
      aria-label=${`Delete ${name || id}`} onClick=${onDelete}>Delete<//>`}
  </div>`;
}
