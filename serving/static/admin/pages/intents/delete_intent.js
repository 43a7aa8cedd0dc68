import { html } from "../../lib/html.js";
import { forgetNames } from "../../lib/bots.js";
import { counted, listed } from "../../lib/format.js";
import { path, remove } from "../../lib/http.js";
import { Confirm } from "../../parts/dialog.js";

/** Ask before an intent is deleted, and say what goes with it. */
export function DeleteIntent({ bot, intent, summary, onDone, onClose }) {
  const { name, example_count: examples, parameters, has_tool: hasTool } = summary;
  const along = [examples && counted(examples, "example"), parameters.length && counted(parameters.length, "question"), "its replies", hasTool && "its tool"].filter(Boolean);
  const run = async () => {
    await remove(path`/bots/${bot}/intents/${intent}`, "*");
    forgetNames(bot);
    onDone();
  };
  return html`<${Confirm} title=${`Delete “${name || intent}”?`} confirm="Delete the intent" onConfirm=${run} onClose=${onClose}>
    <p>With it go ${listed(along)}. This cannot be undone. What answers customers now keeps it until the next training.</p>
  <//>`;
}
