// Label decisions that an earlier visit could not send: they leave from whichever page is open.

import { namesKept } from "./memory.js";

/** Send what this browser keeps of a person's decisions. */
export async function sendUnsent(who) {
  const beginning = `labels.${who}.`;
  const bots = namesKept(beginning).map((name) => name.slice(beginning.length));
  if (!bots.length) return; // the file is loaded by those alone who need it
  const { outboxOf } = await import("../pages/labels/outbox.js");
  for (const bot of bots) outboxOf(bot, who);
}
