import { html, useEffect, useState } from "../../lib/html.js";
import { confidence } from "../../lib/format.js";
import { get, path } from "../../lib/http.js";
import { useLoad } from "../../lib/load.js";
import { useTask } from "../../lib/tasks.js";
import { Badge } from "../../parts/badge.js";
import { Button } from "../../parts/button.js";
import { Dialog } from "../../parts/dialog.js";
import { Check, Field } from "../../parts/field.js";
import { IntentName } from "../../parts/intent_name.js";
import { Progress } from "../../parts/progress.js";
import { Loaded } from "../../parts/states.js";

/** Answer a conversation again with another release, and show the two side by side. Nothing is sent anywhere. */
export function Replay({ bot, thread, release, onClose }) {
  const load = useLoad((abort) => get(path`/bots/${bot}/releases`, { limit: 100 }, { signal: abort }), [bot]);
  const [version, setVersion] = useState(null);
  const task = useTask(bot);
  const releases = load.data?.items || [];
  useEffect(() => {
    if (version === null && releases.length) setVersion((releases.find((each) => each.version !== release) || releases[0]).version);
  }, [releases.length]);
  const start = (event) => {
    event.preventDefault();
    task.start(path`/bots/${bot}/replays`, { version, thread });
  };
  const result = !task.isRunning && task.work?.state === "done" ? task.work.result : null;
  return html`<${Dialog} title="Replay with another release" isWide onClose=${onClose}>
    <p class="muted">Every message is answered again, in order. Answers of tools and of the language model come from the log; nothing is sent anywhere.</p>
    <${Loaded} load=${load}>${() => html`<form class="row end" onSubmit=${start}>
      <${Field} label="Release" as="select" value=${version || ""} onChange=${(event) => setVersion(event.target.value)}>
        ${releases.map((each) => html`<option key=${each.version} value=${each.version}>Release ${each.version}${each.is_live ? ", live" : ""}${each.version === release ? ", answered then" : ""}</option>`)}<//>
      <${Button} kind="primary" type="submit" isBusy=${task.isRunning} disabled=${!version}>Replay<//></form>`}<//>
    <${Progress} task=${task} title="Replaying" onCancel=${task.cancel} />
    ${result && html`<${Differences} result=${result} />`}
  <//>`;
}

function Differences({ result }) {
  const [isAll, setAll] = useState(false);
  const shown = isAll ? result.turns : result.turns.filter(({ differences }) => differences.length > 0);
  return html`<div class="stack" role="region" aria-label="Differences">
    <p class="row" role="status">${result.n_different === 0 ? html`<${Badge} kind="good">No difference<//> Release ${result.version} answers all ${result.n_turns} messages in the same way.`
      : html`<${Badge} kind="warn">${result.n_different} of ${result.n_turns} differ<//>`}</p>
    ${result.notes.map((note) => html`<p key=${note} class="note warn">${note}</p>`)}
    ${result.n_different < result.n_turns && html`<${Check} label="Show messages without a difference, too" checked=${isAll} onChange=${setAll} />`}
    <ul class="stack">${shown.map((turn) => html`<li key=${turn.turn} class="card">
      <p><strong dir="auto">${turn.text}</strong> ${turn.differences.length === 0 && html`<${Badge} kind="good">Same<//>`}</p>
      <div class="versus"><${Side} title="Then" answer=${turn.before} /><${Side} title=${`Release ${result.version}`} answer=${turn.after} /></div>
      ${turn.differences.length > 0 && html`<dl class="values">${turn.differences.map(({ subject, before, after }) => html`<div key=${subject}><dt>${subject}</dt><dd dir="auto"><del>${before}</del> <ins>${after}</ins></dd></div>`)}</dl>`}
    </li>`)}</ul>
    ${result.n_left_out > 0 && html`<p class="muted">${result.n_left_out} more messages are left out.</p>`}
  </div>`;
}

function Side({ title, answer }) {
  return html`<div class="stack tight"><h3>${title}</h3>
    <p class="small-text muted"><${IntentName} id=${answer.intent_id} />${(answer.route ?? "intent") === "intent" && answer.confidence !== null && `, ${confidence(answer.confidence)}`}</p>
    ${answer.replies.map((reply, number) => html`<p key=${number} class="bubble reply" dir="auto">${reply.text}</p>`)}
    ${answer.replies.length === 0 && html`<p class="muted">No reply.</p>`}</div>`;
}
