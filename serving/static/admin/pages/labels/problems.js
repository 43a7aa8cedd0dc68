import { html } from "../../lib/html.js";
import { ago } from "../../lib/format.js";
import { get, path } from "../../lib/http.js";
import { useAction } from "../../lib/load.js";
import { Button } from "../../parts/button.js";
import { Failure } from "../../parts/states.js";
import { inWords } from "./decided.js";
import { overrule } from "./delivery.js";

/** Decisions that the server has not taken: somebody else's beside one's own, or why it cannot be used. */
export function Problems({ bot, queue, outbox, titleOf }) {
  return outbox.problems.value.map((problem) => html`<${Problem} key=${problem.entry.id} bot=${bot} problem=${problem} queue=${queue}
    outbox=${outbox} titleOf=${titleOf} />`);
}

function Problem({ bot, problem, queue, outbox, titleOf }) {
  const { entry, theirs, message } = problem;
  const again = useAction(async () => {
    const label = await get(path`/bots/${bot}/labels/${entry.key}`);
    outbox.dismiss(problem);
    queue.putBack([label]);
  });
  const mine = useAction(async () => {
    const left = await overrule(bot, problem);
    outbox.dismiss(problem);
    if (left) outbox.problems.value = [...outbox.problems.value, { entry, ...left }];
  });
  const wanted = entry.kind === "undo" ? { status: "open" } : entry;
  return html`<div class="conflict" role="alert">
    <p><strong>${message}</strong></p>
    ${theirs?.label && html`<p class="conflict-text" dir="auto">${theirs.label.text}</p>
      <dl class="told-versions"><div><dt>You</dt><dd>${inWords(wanted, titleOf)}</dd></div>
        <div><dt>${theirs.label.decided_by || "Now"}${theirs.label.decided_at && html` <span
          class="muted">${ago(theirs.label.decided_at)}</span>`}</dt><dd>${inWords(theirs.label, titleOf)}</dd></div></dl>`}
    <div class="actions">
      ${theirs?.label
        ? html`<${Button} onClick=${() => outbox.dismiss(problem)}>Keep theirs<//><${Button} isBusy=${mine.isBusy}
          onClick=${() => mine.run()}>Use mine<//>`
        : html`<${Button} isBusy=${again.isBusy} onClick=${() => again.run()}>Decide it again<//><${Button} kind="quiet"
          onClick=${() => outbox.dismiss(problem)}>Leave it<//>`}
    </div>
    <${Failure} error=${again.error || mine.error} />
  </div>`;
}
