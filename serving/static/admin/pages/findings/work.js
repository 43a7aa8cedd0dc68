import { counted } from "../../lib/format.js";
import { path, post } from "../../lib/http.js";
import { useAction } from "../../lib/load.js";
import { say, sayError } from "../../lib/notices.js";
import { useTask } from "../../lib/tasks.js";

/** Checking and repairing the draft of a bot. `reload` reads the findings again. */
export function useWork(bot, reload) {
  const at = path`/bots/${bot}/draft`;
  const undo = useAction(async () => {
    try {
      const { intents } = await post(`${at}/repairs/undo`);
      say(`${counted(intents.length, "intent")} as before the repair. Check the draft again.`);
    } catch (error) {
      if (error.status === 404) say("There is no repair to undo.");
      else sayError(error);
    }
    await reload();
  });
  const task = useTask(bot, {
    onEnd: (work) => {
      const made = work.state === "done" ? work.result?.n_repaired : undefined;
      if (made !== undefined) say(made ? `${counted(made, "repair")} made.` : "Nothing had to be repaired any more.", made ? { undo: undo.run } : {});
      reload();
    },
  });
  return {
    task, undo,
    check: () => task.start(`${at}/validate`),
    repair: (ids) => task.start(`${at}/repairs`, { findings: ids }),
  };
}
