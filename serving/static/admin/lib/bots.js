// The bots that the person may see, and the intents and entities of one, for choosing among them.

import { signal } from "./html.js";
import { getAll, path } from "./http.js";

/** `[BotSummary]`; null: not loaded yet. */
export const bots = signal(null);

export async function loadBots() {
  bots.value = await getAll("/bots");
}

const names = new Map();

/** All intents of a bot, `[IntentSummary]`; asked for once until `forgetNames`. */
export const intentsOf = (bot) => known(bot, "intents");
/** All entities of a bot, `[EntitySummary]`. */
export const entitiesOf = (bot) => known(bot, "entities");

/** After intents or entities of a bot were made, renamed or deleted. */
export function forgetNames(bot) {
  for (const kind of ["intents", "entities"]) names.delete(`${kind}/${bot}`);
}

function known(bot, kind) {
  const key = `${kind}/${bot}`;
  if (!names.has(key)) {
    const asked = getAll(kind === "intents" ? path`/bots/${bot}/intents` : path`/bots/${bot}/entities`);
    names.set(key, asked);
    asked.catch(() => names.delete(key));
  }
  return names.get(key);
}
