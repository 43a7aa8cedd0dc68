// Light, dark, or as the system has it.

import { effect, signal } from "./html.js";
import { recall, remember } from "./memory.js";

const ORDER = ["auto", "light", "dark"];

export const theme = signal(ORDER.includes(recall("theme")) ? recall("theme") : "auto");

export function switchTheme() {
  theme.value = ORDER[(ORDER.indexOf(theme.value) + 1) % ORDER.length];
  remember("theme", theme.value);
}

effect(() => {
  if (theme.value === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme.value;
});
