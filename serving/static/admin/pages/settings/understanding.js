import { html } from "../../lib/html.js";
import { useEditing } from "../../lib/editing.js";
import { get, path } from "../../lib/http.js";
import { useLoad } from "../../lib/load.js";
import { say } from "../../lib/notices.js";
import { may } from "../../lib/session.js";
import { SaveBar } from "../../parts/save_bar.js";
import { Loaded, Loading } from "../../parts/states.js";
import { Pending } from "./pending.js";
import { Threshold } from "./threshold.js";
import { TradeOff } from "./trade_off.js";

const CONFIDENCE = { name: "confidence", title: "Least confidence", sentence: "Below it, the bot does not answer by itself: it asks, or says that it did not understand.", max: 1, step: 0.01 };
const OTHERS = [
  { name: "clarify", title: "Ask which one is meant", sentence: "If two or three close intents are together at least this likely, the customer is asked. 1: practically never.", max: 1, step: 0.01 },
  { name: "out_of_scope", title: "Take for out of scope", sentence: "A message whose score is above it resembles no intent, and is not answered. 100: no limit.", max: 100, step: 0.01 },
];

/** When the bot is sure enough to answer. */
export function Understanding({ bot }) {
  const editing = useEditing(path`/bots/${bot}/settings`, {
    method: "patch",
    fieldsOf: (settings) => ({ thresholds: settings.thresholds.chosen }),
    onSaved: () => say("Saved. It counts with the next training, once its release is promoted."),
  });
  const curve = useLoad((signal) => get(path`/bots/${bot}/settings/trade-off`, {}, { signal }), [bot]);
  const mayEdit = may("operator", bot);
  const submit = (event) => {
    event.preventDefault();
    editing.save();
  };
  return html`<${Loaded} load=${editing.load}>${({ data: settings }) => {
    const chosen = editing.fields.thresholds;
    const live = settings.thresholds.live;
    const set = (name, value) => editing.set("thresholds", { ...chosen, [name]: value });
    return html`<form class="stack" onSubmit=${submit}>
      <${Pending} bot=${bot} settings=${settings} only=${["thresholds"]} />
      <section class="card"><h2>How sure the bot must be to answer</h2>
        <${Threshold} ...${CONFIDENCE} own=${chosen.confidence} fitted=${live?.confidence} mayEdit=${mayEdit} onSet=${set} />
        ${curve.data ? html`<${TradeOff} curve=${curve.data} value=${chosen.confidence ?? live?.confidence ?? 0} mayEdit=${mayEdit} onMove=${(value) => set("confidence", value)} />`
          : curve.error ? html`<p class="note">${settings.live_version === null ? "No release answers yet, so nothing was measured. Train the bot and promote a release, and this shows what each threshold would mean." : curve.error.message}</p>`
          : html`<${Loading} />`}
      </section>
      <section class="card"><h2>Other thresholds</h2>
        ${OTHERS.map((other) => html`<${Threshold} key=${other.name} ...${other} own=${chosen[other.name]} fitted=${live?.[other.name]} mayEdit=${mayEdit} onSet=${set} />`)}
      </section>
      <${SaveBar} editing=${editing} titles=${{ thresholds: "Thresholds" }} mayEdit=${mayEdit} />
    </form>`;
  }}<//>`;
}
