import { html } from "../lib/html.js";
import { intentsOf } from "../lib/bots.js";
import { useLoad } from "../lib/load.js";
import { Picker } from "./picker.js";
import { Loaded } from "./states.js";

/** It answers what no intent fits: "None of these" says that. */
const NEVER_MEANT = "fallback";

/** Choose an intent by typing a part of its name; those of `first` are at the top, those of `without` are not offered. `children` are other choices below. */
export function IntentChoice({ bot, label, onChoose, first = [], without = [], takesFocus = false, children }) {
  const load = useLoad(() => intentsOf(bot), [bot]);
  const rank = ({ intent_id: id }) => (first.includes(id) ? first.indexOf(id) : first.length);
  const optionsOf = (intents) => intents.filter(({ intent_id: id }) => id !== NEVER_MEANT && !without.includes(id)).sort((one, other) => rank(one) - rank(other))
    .map(({ intent_id: id, name }) => ({ id, title: name || id, note: id === name ? "" : id }));
  return html`<${Loaded} load=${load}>${(intents) => html`
    <${Picker} label=${label} placeholder="Type a part of the intent's name" isFocused=${takesFocus} options=${optionsOf(intents)} onPick=${({ id }) => onChoose(id)} />
    ${children}`}<//>`;
}
