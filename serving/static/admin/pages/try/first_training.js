import { html, useEffect } from "../../lib/html.js";
import { path } from "../../lib/http.js";
import { link } from "../../lib/router.js";
import { DURATION, hasEnded, useTask } from "../../lib/tasks.js";
import { Button } from "../../parts/button.js";
import { Progress } from "../../parts/progress.js";
import { Empty } from "../../parts/states.js";

/** A bot that no version of was trained: train it here, and go on once that is done. `running` is a training under way. */
export function FirstTraining({ bot, running, onDone }) {
  const task = useTask(bot, { folder: "trainings", onEnd: (training) => training.state === "done" && onDone() });
  useEffect(() => {
    if (running && !hasEnded(running)) task.watch(running.id);
  }, [running?.id]);
  const start = () => task.start(path`/bots/${bot}/trainings`);
  const failed = !task.isRunning && task.work && task.work.state !== "done";
  return html`<${Empty} title="It cannot be tried yet" action=${html`
      ${!task.isRunning && html`<${Button} kind="primary" onClick=${start}>${failed ? "Train again" : "Train the bot"}<//>`}
      <${Progress} task=${task} title="Training" onCancel=${task.cancel} />
      ${failed && html`<${Button} href=${link(["bots", bot, "findings"])}>See the findings<//>`}`}>
    No release of this bot has been trained, so nothing would understand a message. A training learns from the examples of
    the draft. ${DURATION} Customers see nothing of it: that needs a promotion.
  <//>`;
}
