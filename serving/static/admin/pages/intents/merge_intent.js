import { html, useSignal } from "../../lib/html.js";
import { forgetNames } from "../../lib/bots.js";
import { counted } from "../../lib/format.js";
import { path, post, withQuery } from "../../lib/http.js";
import { say } from "../../lib/notices.js";
import { go } from "../../lib/router.js";
import { useSeen } from "../../lib/seen.js";
import { Confirm } from "../../parts/dialog.js";
import { Loaded } from "../../parts/states.js";

const AT_ONCE = 5000;
const wire = ({ text, entities = [] }) => ({ text, entities });

/** Ask before all examples of an intent go to another one, `target` (`{id, name}`), and the rest of it is deleted. */
export function MergeIntent({ bot, intent, name, target, onClose }) {
  const where = path`/bots/${bot}/intents/${intent}`;
  const { load, seen, remove } = useSeen(withQuery(where, { examples: true }),
    `Its examples are in “${target.name}” now, but “${name}” was changed in another tab or by somebody else meanwhile, so it was not deleted. Merge again to take along what it holds now.`);
  const moved = useSignal(0);
  const merge = async () => {
    const examples = seen.trainingData || [];
    for (let at = 0; at < examples.length; at += AT_ONCE) {
      await post(path`/bots/${bot}/intents/${target.id}/examples`, { examples: examples.slice(at, at + AT_ONCE).map(wire) });
      moved.value = Math.min(examples.length, at + AT_ONCE);
    }
    await remove(where);
    forgetNames(bot);
    say(`“${name}” is a part of “${target.name}” now.`);
    go(["bots", bot, "intents", target.id]);
  };
  return html`<${Confirm} title=${`Merge “${name}” into “${target.name}”?`} confirm="Merge the intents" isDisabled=${!seen} onConfirm=${merge} onClose=${onClose}>
    <${Loaded} load=${load}>${({ data }) => html`<p>${counted((data.trainingData || []).length, "example")} ${(data.trainingData || []).length === 1 ? "goes" : "go"} to “${target.name}”. The replies, questions and tool of “${name}” are deleted. This cannot be undone.</p>`}<//>
    ${moved.value > 0 && html`<p role="status">${counted(moved.value, "example")} moved …</p>`}
  <//>`;
}
