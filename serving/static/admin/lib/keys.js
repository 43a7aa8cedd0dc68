// Keyboard shortcuts of a page, shown by `?`. Single keys can be switched off (WCAG 2.1.4).

import { signal, useEffect, useRef } from "./html.js";
import { recall, remember } from "./memory.js";

const OFF = "single-keys-off";

/** The shortcuts that work now: `[{key, does}]`. */
export const shortcuts = signal([]);
export const areSingleKeysOff = signal(recall(OFF) === true);

export function switchSingleKeys(off) {
  areSingleKeysOff.value = off;
  remember(OFF, off);
}

const isTyping = (target) => target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);

/**
 * Bind keys while the component is shown: `{"1": {does: "take the first guess", run}, "mod+s": {...}}`. Single keys do
 * nothing while somebody types or a dialog is open. Keys can come faster than the page is drawn: a `run` reads signals,
 * not values of the last rendering.
 */
export function useKeys(bindings) {
  const latest = useRef(bindings);
  latest.current = bindings;
  const described = JSON.stringify(Object.entries(bindings).map(([key, { does }]) => ({ key, does })));
  useEffect(() => {
    const shown = JSON.parse(described);
    shortcuts.value = [...shortcuts.value, ...shown];
    return () => {
      shortcuts.value = shortcuts.value.filter((entry) => !shown.includes(entry));
    };
  }, [described]);
  useEffect(() => {
    const press = (event) => {
      const mod = event.ctrlKey || event.metaKey;
      if (event.altKey || event.defaultPrevented || event.isComposing) return;
      const bound = latest.current[`${mod ? "mod+" : ""}${event.key.length === 1 ? event.key.toLowerCase() : event.key}`];
      if (!bound) return;
      if (!mod && (areSingleKeysOff.value || isTyping(event.target) || document.querySelector("dialog[open]"))) return;
      event.preventDefault();
      bound.run(event);
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, []);
}
