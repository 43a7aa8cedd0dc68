import { html, useEffect, useState } from "../../lib/html.js";
import { counted } from "../../lib/format.js";
import { get, path } from "../../lib/http.js";
import { useTask, hasEnded } from "../../lib/tasks.js";
import { say } from "../../lib/notices.js";
import { may } from "../../lib/session.js";
import { Button } from "../../parts/button.js";
import { Dialog } from "../../parts/dialog.js";
import { Field } from "../../parts/field.js";
import { Progress } from "../../parts/progress.js";
import { Empty } from "../../parts/states.js";

const SPANS = { 7: "the last week", 28: "the last four weeks", 90: "the last three months", 365: "the last year" };

/** Search the log for texts that are worth a label. */
export function FillQueue({ bot, isOpen, onOpen, onFilled }) {
  const [days, setDays] = useState(28);
  const task = useTask(bot, {
    onEnd: (work) => {
      if (work.state !== "done") return;
      onOpen(false);
      say(found(work.result || {}));
      onFilled();
    },
  });
  useEffect(() => {
    if (!may("author", bot)) return;
    // one that somebody has begun already
    get(path`/bots/${bot}/tasks`, { kind: "mine", limit: 1 }).then(({ items: [last] }) => last && !hasEnded(last) && task.watch(last.id), () => {});
  }, [bot]);
  if (!may("author", bot)) return null;
  return html`<${Button} isBusy=${task.isRunning} onClick=${() => onOpen(true)}>Fill the queue<//>
    ${isOpen && html`<${Dialog} title="Fill the queue" onClose=${() => onOpen(false)} footer=${html`<${Button} kind="primary" isBusy=${task.isRunning} onClick=${() => task.start(path`/bots/${bot}/labels/mine`, { days })}>Search<//>`}>
      <p>The newest release reads what customers wrote again. Texts that it may get wrong, and that are said often, come first. Texts that are examples or were decided already stay out.</p>
      <${Field} label="Look through" as="select" value=${days} disabled=${task.isRunning} onChange=${(event) => setDays(Number(event.target.value))}>
        ${Object.entries(SPANS).map(([value, title]) => html`<option key=${value} value=${value}>${title}</option>`)}<//>
      <${Progress} task=${task} title="Searching" onCancel=${task.cancel} />
    <//>`}`;
}

function found({ turns, added }) {
  const among = `among ${counted(turns, "message")}`;
  return added === 0 ? `Nothing new ${among}: the bot was sure of them, they only answer its questions, or they are decided.` : `${counted(added, "new text waits", "new texts wait")} for a label, ${among}.`;
}

/** What to do where no text waits. */
export function NothingLeft({ bot, queue, onFill, onAll }) {
  const { source, intent } = queue.filter.value;
  if (source || intent) return html`<${Empty} title="No text fits these filters" action=${html`<${Button} onClick=${onAll}>Show all texts<//>`} />`;
  const decided = queue.counts.value ? queue.counts.value.accepted + queue.counts.value.rejected + queue.counts.value.skipped : 0;
  return html`<${Empty} title="No text waits for a label"
    action=${may("author", bot) && html`<${Button} kind="primary" onClick=${onFill}>Fill the queue<//>`}>
    <p>Customers write what no author thought of. Fill the queue, and the texts that the bot is least sure about come here, one at a time.</p>
    <p>You press a number for what was meant, <kbd>x</kbd> if no intent fits, and <kbd>s</kbd> to skip. The next training learns from four of five texts; the fifth is held out and measures whether it got better.</p>
    ${decided > 0 && html`<p>${counted(decided, "text is", "texts are")} decided; the next training uses them.
      What customers have written since is looked at once you fill the queue.</p>`}
  <//>`;
}
