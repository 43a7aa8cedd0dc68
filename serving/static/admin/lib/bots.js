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
export const intentsOf = (bot) => known(bot, "intents", path`/bots/${bot}/intents`);
/** All entities of a bot, `[EntitySummary]` without `used_by`. */
export const entitiesOf = (bot) => known(bot, "entities", path`/bots/${bot}/entities`, { brief: true });

/** As `intentsOf`, read anew; `onSome` gets the first ones before all are there. */
export const readIntents = (bot, onSome) => keep(`intents/${bot}`, getAll(path`/bots/${bot}/intents`, {}, { onSome }));

/** As `entitiesOf`, read anew; `onSome` gets the first ones before all are there. */
export const readEntities = (bot, onSome) => keep(`entities/${bot}`, getAll(path`/bots/${bot}/entities`, { brief: true }, { onSome }));

/** After intents or entities of a bot were made, renamed or deleted. */
export function forgetNames(bot) {
  for (const kind of ["intents", "entities"]) names.delete(`${kind}/${bot}`);
}

const known = (bot, kind, where, query) => names.get(`${kind}/${bot}`) || keep(`${kind}/${bot}`, getAll(where, query));

function keep(key, asked) {
  names.set(key, asked);
  asked.catch(() => names.get(key) === asked && names.delete(key));
  return asked;
}
