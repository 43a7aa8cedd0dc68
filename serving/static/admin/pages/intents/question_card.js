import { html, useEffect, useRef, useSignal } from "../../lib/html.js";
import { useAction } from "../../lib/load.js";
import { entityFault, variableFault } from "../../lib/names.js";
import { link } from "../../lib/router.js";
import { Button } from "../../parts/button.js";
import { Check, Field } from "../../parts/field.js";
import { Failure } from "../../parts/states.js";

export const BUILT_IN = {
  free_text: "Any text: the whole answer", number: "Number", integer: "Whole number", date: "Date", time: "Time", datetime: "Date and time",
  email: "E-mail address", phone: "Telephone number", url: "Web address", money: "Amount of money", boolean: "Yes or no",
};
const NEW = "\u0000new";
const isText = (type) => type === "free_text" || type === "text";
const words = (text) => text.split(",").map((word) => word.trim()).filter(Boolean);

/** One value that an intent needs. */
export function QuestionCard({ bot, parameter, number, entities, isMarked, taken, sharesType, onChange, onFault, onNewEntity, onUp, onDown, onRemove }) {
  const { name, type = "free_text", required = false, many = false, prompt = "", freeText = false, cues = [], choices = [], invalidPrompt = "" } = parameter;
  const naming = useSignal(null);
  const typed = useSignal(null);
  const own = useRef(name); // what was set here last; another one was undone, or changed elsewhere
  const before = useRef(name);
  useEffect(() => {
    if (name !== own.current) typed.value = null;
    own.current = name;
  }, [name]);
  const entity = entities.find((each) => each.name === type);
  const isKnown = entity || type in BUILT_IN || type === "text";
  // nothing tells the bot what such a value looks like, so it may never be found, or only a part of it
  const isOpen = entity && entity.value_count === 0 && !entity.pattern;
  const make = useAction(async () => {
    const made = naming.value.trim();
    await onNewEntity(made);
    naming.value = null;
    onChange({ type: made });
  });
  const choose = (event) => {
    if (event.target.value === NEW) naming.value = "";
    else onChange(isText(event.target.value) ? { type: event.target.value, many: false } : { type: event.target.value });
  };
  // a name that cannot be used stays in the field and is not saved, nor is the beginning of it that could be
  const shownName = typed.value ?? name;
  const faultOf = (now) => (taken.includes(now) ? "Another question has this name." : now ? variableFault(now) : "A question needs a name.");
  const nameError = faultOf(shownName);
  const rename = (now) => {
    const isWrong = Boolean(faultOf(now));
    typed.value = isWrong ? now : null;
    own.current = isWrong ? before.current : now;
    if (own.current !== name) onChange({ name: own.current });
  };
  const isUnsaved = typed.value !== null && Boolean(nameError);
  useEffect(() => {
    if (!isUnsaved) return undefined;
    onFault(1);
    return () => onFault(-1);
  }, [isUnsaved]);
  const entityError = entityFault((naming.value || "").trim());
  return html`<section class="card question" aria-label=${`Question ${number}: ${name}`}>
    <div class="between"><h2>${number}. ${name}</h2><span class="actions">
      <${Button} kind="quiet" isSmall aria-label=${`Ask ${name} earlier`} disabled=${!onUp} onClick=${onUp}>↑<//>
      <${Button} kind="quiet" isSmall aria-label=${`Ask ${name} later`} disabled=${!onDown} onClick=${onDown}>↓<//>
      <${Button} kind="quiet" isSmall aria-label=${`Remove the question ${name}`} onClick=${onRemove}>Remove<//></span></div>
    <div class="row top">
      <${Field} label="Name" value=${shownName} error=${nameError && `${nameError}${isUnsaved ? ` Not saved: it is still called ${name}.` : ""}`} onFocus=${() => { before.current = name; }} onInput=${rename}
        hint=${html`Letters, digits and _, beginning with a letter. In replies: <code>${`{{ parameters.${name} }}`}</code>`} />
      <${Field} label="Kind of value" as="select" value=${type} onChange=${choose} error=${isKnown ? "" : "There is no such entity."}>
        <optgroup label="Built in">${Object.entries(BUILT_IN).map(([one, title]) => html`<option key=${one} value=${one}>${title}</option>`)}${type === "text" && html`<option value="text">Any text</option>`}</optgroup>
        <optgroup label="Entities">${entities.map((each) => html`<option key=${each.name} value=${each.name}>${each.name}</option>`)}${!isKnown && html`<option value=${type}>${type}</option>`}<option value=${NEW}>New entity …</option></optgroup><//>
    </div>
    ${naming.value !== null && html`<div class="row end"><${Field} label="Name of the new entity" value=${naming.value} error=${entityError} onInput=${(now) => { naming.value = now; }} />
      <${Button} isBusy=${make.isBusy} disabled=${!naming.value.trim() || Boolean(entityError)} onClick=${make.run}>Make it<//><${Button} kind="quiet" onClick=${() => { naming.value = null; }}>Cancel<//></div><${Failure} error=${make.error} />`}
    <${Field} label="Question" dir="auto" value=${prompt} onInput=${(now) => onChange({ prompt: now })} placeholder=${`Which ${name.replaceAll("_", " ")}?`} hint="What the bot asks if the customer has not said it yet." />
    <div class="grid">
      <${Check} label="Needed" hint="The bot asks for it. If not, the value is used if the customer says it." checked=${required} onChange=${(on) => onChange({ required: on })} />
      <${Check} label="Several values" hint="The customer may name more than one." checked=${many} disabled=${isText(type) && !choices.length || type === "boolean"} onChange=${(on) => onChange({ many: on })} />
      <${Check} label="Take the whole answer" hint="For addresses, names and comments: whatever the customer answers is the value, if no known value is found in it." checked=${freeText || isText(type)} disabled=${isText(type)} onChange=${(on) => onChange({ freeText: on })} />
    </div>
    ${isOpen && !freeText && html`<div class="note warn"><p>${isMarked
      ? `“${type}” lists no values, so the bot only knows it from marked examples. It may take “14 Rose” of “14 Rose Avenue”, or find nothing and ask again and again. `
      : `“${type}” lists no values and no example of this intent marks it. The bot would ask for it again and again. `}
      For a few known words, such as small and large, list them as its values. For addresses, names and comments, take the whole answer, or choose “Any text”.</p>
      <div class="actions"><${Button} isSmall href=${link(["bots", bot, "entities", type])}>List its values<//>
        <${Button} isSmall onClick=${() => onChange({ freeText: true })}>Take the whole answer<//></div></div>`}
    ${isText(type) && html`<p class="hint">The whole answer to the question is the value. It is never read out of the first message.</p>`}
    ${(sharesType || cues.length > 0) && html`<${Field} label="Words that announce it" value=${cues.join(", ")} onChange=${(event) => onChange({ cues: words(event.target.value) })} placeholder="from, starting in"
      hint="Its role, where several questions have the same kind of value: “from” Oslo “to” Rome. Commas between them." />`}
    <details><summary>Limits</summary><div class="stack">
      <${Field} label="Only these answers" value=${choices.join(", ")} onChange=${(event) => onChange({ choices: words(event.target.value) })} hint="Shown as buttons. Commas between them; left empty, every value is allowed." />
      <${Field} label="What the bot says if the answer is not allowed" dir="auto" value=${invalidPrompt} onInput=${(now) => onChange({ invalidPrompt: now })} />
    </div></details>
  </section>`;
}
