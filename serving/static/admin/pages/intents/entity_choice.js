import { html, useEffect, useId, useLayoutEffect, useRef, useSignal } from "../../lib/html.js";
import { useAction } from "../../lib/load.js";
import { entityFault } from "../../lib/names.js";
import { Button } from "../../parts/button.js";
import { hueOf } from "../../parts/marked_text.js";
import { Failure } from "../../parts/states.js";

const MOST = 50;
const MARGIN = 8;

/**
 * Beside the words that are selected: which entity they are, a known one or a new one. `entities` are names;
 * `onMake(name)` makes one.
 */
export function EntityChoice({ words, rect, entities, mark, onChoose, onMake, onRemove, onClose }) {
  const typed = useSignal("");
  const active = useSignal(0);
  const box = useRef(null);
  const id = useId();
  const make = useAction(async (name) => {
    await onMake(name);
    onChoose(name);
  });
  const offered = () => {
    const text = typed.value.trim();
    const found = entities.filter((name) => name.toLowerCase().includes(text.toLowerCase())).slice(0, MOST)
      .map((name) => ({ name }));
    return text && !entities.includes(text) ? [...found, { name: text, isNew: true }] : found;
  };
  const take = ({ name, isNew }) => {
    if (!isNew) onChoose(name);
    else if (!entityFault(name)) make.run(name);
  };
  const known = entities.includes(typed.value.trim());
  const fault = known ? "" : entityFault(typed.value.trim());
  useLayoutEffect(() => {
    const { offsetWidth: width, offsetHeight: height } = box.current;
    const below = rect.bottom + MARGIN;
    const top = below + height > innerHeight ? Math.max(MARGIN, rect.top - height - MARGIN) : below;
    box.current.style.transform = `translate(${Math.max(MARGIN, Math.min(rect.left, innerWidth - width - MARGIN))}px, ${top}px)`;
  }, [rect]);
  useEffect(() => {
    box.current.querySelector("input").focus({ preventScroll: true });
    const leave = (event) => !box.current?.contains(event.target) && onClose();
    document.addEventListener("pointerdown", leave);
    return () => document.removeEventListener("pointerdown", leave);
  }, []);
  const keys = (event) => {
    const rows = offered();
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) active.value = (active.value + step + rows.length) % Math.max(1, rows.length);
    else if (event.key === "Enter" && rows[active.value]) take(rows[active.value]);
    else if (event.key === "Escape") onClose();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const type = (event) => {
    typed.value = event.target.value;
    active.value = 0;
  };
  return html`<div class="entity-choice" role="dialog" aria-label=${`Which entity is “${words}”?`} ref=${box} onKeyDown=${keys}>
    <p>What is <strong><bdi>${words}</bdi></strong>?</p>
    <input type="search" role="combobox" aria-label="Entity" aria-expanded="true" aria-controls=${id} aria-autocomplete="list"
      autocomplete="off" aria-activedescendant=${`${id}-${active.value}`} value=${typed.value} onInput=${type}
      placeholder=${entities.length ? "Find or name an entity" : "Name an entity, such as city"} />
    <ul id=${id} role="listbox" aria-label="Entities">${offered().map((entry, at) => html`
      <li key=${entry.name} id=${`${id}-${at}`} role="option" aria-selected=${at === active.value} onClick=${() => take(entry)}>
        ${entry.isNew
          ? `Make “${entry.name}”`
          : html`<span class="dot" style=${{ "--hue": hueOf(entry.name) }}></span>${entry.name}`}</li>`)}</ul>
    ${fault && offered().some(({ isNew }) => isNew) && html`<p class="wrong small-text" role="status">${fault}</p>`}
    <${Failure} error=${make.error} />
    ${mark && html`<${Button} isSmall onClick=${onRemove}>Remove the mark “${mark.name}”<//>`}
  </div>`;
}
