// Intents as people call them, wherever a page knows only their ids.

import { createContext, html, useContext, useMemo } from "../lib/html.js";
import { intentsOf } from "../lib/bots.js";
import { useLoad } from "../lib/load.js";

const Names = createContext(new Map());

/** What is inside shows the names of the bot's intents; until they are known, or if they cannot be read, the ids. */
export function IntentNames({ bot, children }) {
  const load = useLoad(() => intentsOf(bot), [bot]);
  const names = useMemo(() => new Map((load.data || []).map(({ intent_id: id, name }) => [id, name])), [load.data]);
  return html`<${Names.Provider} value=${names}>${children}<//>`;
}

/** The name of an intent, with its id as a title. */
export function IntentName({ id }) {
  const name = useContext(Names).get(id);
  return name && name !== id ? html`<span title=${id}>${name}</span>` : id;
}
