import { html } from "../../lib/html.js";
import { forgetNames } from "../../lib/bots.js";
import { counted, listed } from "../../lib/format.js";
import { path, withQuery } from "../../lib/http.js";
import { useSeen } from "../../lib/seen.js";
import { Confirm } from "../../parts/dialog.js";
import { Loaded } from "../../parts/states.js";

/** Ask before an intent is deleted, and say what goes with it. */
export function DeleteIntent({ bot, intent, name, onDone, onClose }) {
  const where = path`/bots/${bot}/intents/${intent}`;
  const { load, seen, remove } = useSeen(withQuery(where, { examples: true }));
  const run = async () => {
    await remove(where);
    forgetNames(bot);
    onDone();
  };
  return html`<${Confirm} title=${`Delete “${name || intent}”?`} confirm="Delete the intent" isDisabled=${!seen} onConfirm=${run} onClose=${onClose}>
    <${Loaded} load=${load}>${({ data }) => html`<p>With it go ${listed(along(data))}. This cannot be undone. What answers customers now keeps it until the next training.</p>`}<//>
  <//>`;
}

function along({ trainingData: examples = [], parameters = [], apiTrigger: hasTool }) {
  return [examples.length && counted(examples.length, "example"), parameters.length && counted(parameters.length, "question"), "its replies", hasTool && "its tool"].filter(Boolean);
}
