// Short sentences that tell what has happened, with an undo where there is one.

import { signal } from "./html.js";

const STAY_MS = 8000;
const STAY_WITH_UNDO_MS = 30_000;
let next = 1;

/** `[{id, text, kind, undo, more}]` */
export const notices = signal([]);

/** Say something; `undo` adds a button that calls it, `more: {title, href}` a link. Errors stay until they are closed. */
export function say(text, { kind = "done", undo, more } = {}) {
  const id = next++;
  notices.value = [...notices.value.slice(-3), { id, text, kind, undo, more }];
  if (kind !== "error") setTimeout(() => dismiss(id), undo || more ? STAY_WITH_UNDO_MS : STAY_MS);
}

export const sayError = (error) => say(error.message, { kind: "error" });

export function dismiss(id) {
  notices.value = notices.value.filter((notice) => notice.id !== id);
}
