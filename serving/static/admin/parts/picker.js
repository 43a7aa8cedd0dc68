import { html, useId, useLayoutEffect, useMemo, useRef, useState } from "../lib/html.js";

const MOST = 50;

/** The options that fit what was typed: those that begin with it, then those that hold all its words. */
export function fitting(options, typed) {
  const words = typed.trim().toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return options.slice(0, MOST);
  const scored = options.flatMap((option) => {
    const [id, title] = [option.id.toLowerCase(), option.title.toLowerCase()];
    if (!words.every((word) => id.includes(word) || title.includes(word))) return [];
    const first = words.join(" ");
    return [{ option, rank: id === first || title === first ? 0 : id.startsWith(first) || title.startsWith(first) ? 1 : 2 }];
  });
  return scored.sort((a, b) => a.rank - b.rank).slice(0, MOST).map(({ option }) => option);
}

/**
 * Choose one of many by typing: arrows move, Enter takes, Escape closes. `options` are `[{id, title, note}]`;
 * `onPick(option)`. Keys act on what is in the field, not on what was drawn last.
 */
export function Picker({ label, options, onPick, onClose, placeholder, isFocused = true, empty = "Nothing fits." }) {
  const id = useId();
  const input = useRef(null);
  const at = useRef(0);
  const [, setDrawn] = useState(0);
  const draw = () => setDrawn((n) => n + 1);
  useLayoutEffect(() => {
    if (isFocused) input.current.focus();
  }, []);
  const typed = input.current?.value ?? "";
  const found = useMemo(() => fitting(options, typed), [options, typed]);
  const chosen = Math.min(at.current, found.length - 1);
  useLayoutEffect(() => {
    document.getElementById(`${id}-${chosen}`)?.scrollIntoView({ block: "nearest" });
  }, [chosen, found]);
  const press = (event) => {
    if (event.isComposing) return;
    const now = fitting(options, event.target.value);
    if (event.key === "Escape") onClose?.();
    else if (event.key === "Enter") {
      const option = now[Math.min(at.current, now.length - 1)];
      if (option) onPick(option);
    } else if (event.key === "ArrowDown") at.current = Math.min(at.current + 1, now.length - 1);
    else if (event.key === "ArrowUp") at.current = Math.max(at.current - 1, 0);
    else return;
    event.preventDefault();
    event.stopPropagation();
    draw();
  };
  const type = () => {
    at.current = 0;
    draw();
  };
  return html`<div class="picker">
    <label class="unseen" for=${id}>${label}</label>
    <input id=${id} ref=${input} type="text" role="combobox" autocomplete="off" spellcheck="false" placeholder=${placeholder || label}
      aria-expanded="true" aria-controls=${`${id}-list`} aria-activedescendant=${found.length ? `${id}-${chosen}` : undefined}
      onKeyDown=${press} onInput=${type} />
    <ul id=${`${id}-list`} role="listbox" aria-label=${label}>${found.map((option, place) => html`
      <li key=${option.id} id=${`${id}-${place}`} role="option" aria-selected=${place === chosen} onClick=${() => onPick(option)}>
        <span>${option.title}</span>${option.note && html`<small>${option.note}</small>`}</li>`)}
      ${!found.length && html`<li class="muted" role="presentation">${empty}</li>`}</ul>
  </div>`;
}
