// What becomes of a message once somebody has said what it means, and how that is undone.

import { forgetNames } from "./bots.js";
import { get, getForEdit, path, post, remove } from "./http.js";
import { say, sayError } from "./notices.js";
import { NO_INTENT } from "./turns.js";

export const TARGETS = {
  example: { title: "An example of the draft", role: "author", hint: "The next training learns from it." },
  label: { title: "A label", role: "labeller", hint: "Trainings learn from labels, or are judged on them." },
  test: { title: "A row of the test set", role: "author", hint: "Every release is judged on it, and none learns from it." },
};

/** Save a text as `target`; says what was done, with an undo. `entities` are annotations with `begin`, `end`, `name`, `value`. */
export async function teach({ bot, text, intent, entities, source, target }) {
  if (target === "test") return addTestRow(bot, { text, intent, entities });
  if (target === "label" || intent === NO_INTENT) return addLabel(bot, { text, intent, entities, source });
  return addExample(bot, { text, intent, entities });
}

const sameText = (examples, text) => examples.find((each) => each.text === text);

async function addExample(bot, { text, intent, entities }) {
  const known = path`/bots/${bot}/examples`;
  const before = sameText((await get(known, { text, intent, limit: 200 })).items, text);
  if (before) {
    say(`It is an example of ${intent} already. Train the bot so that it counts.`);
    return;
  }
  await post(path`/bots/${bot}/intents/${intent}/examples`, { examples: [{ text, entities }] });
  forgetNames(bot);
  const made = sameText((await get(known, { text, intent, limit: 200 })).items, text);
  const undo = made && undoing("The example is gone again.", async () => {
    await remove(path`/bots/${bot}/intents/${intent}/examples/${made.key}`, made.etag);
    forgetNames(bot);
  });
  say(`It is an example of ${intent} now. The next training learns from it.`, { undo });
}

async function addLabel(bot, { text, intent, entities, source }) {
  const spans = entities.map(({ begin, end, name, value }) => ({ start: begin, end, type: name, value }));
  const label = await post(path`/bots/${bot}/labels`, {
    text, intent_id: intent, entities: spans, ...(source ? { thread_id: source.thread, turn: source.turn } : {}),
  });
  const undo = undoing("It waits in the label queue now.", async () => {
    const { data: now, etag } = await getForEdit(path`/bots/${bot}/labels/${label.key}`);
    if (now.status !== label.status || now.intent_id !== label.intent_id || now.decided_by !== label.decided_by) throw new Error("Somebody has decided this label anew meanwhile, so it stays as it is.");
    await remove(path`/bots/${bot}/labels/${label.key}/decision`, etag);
  });
  say(intent === NO_INTENT ? "It is a label now: no intent fits." : `It is a label of ${intent} now.`, { undo });
}

async function addTestRow(bot, row) {
  const { name, added, replaced } = await post(path`/bots/${bot}/test-set/rows`, { rows: [row] });
  if (!added && !replaced.length) {
    say("The test set has it already.");
    return;
  }
  const undo = undoing("The test set is as it was.", () => (replaced.length
    ? post(path`/bots/${bot}/test-set/rows`, { rows: replaced })
    : post(path`/bots/${bot}/test-set/rows/delete`, { texts: [row.text] })));
  say(`It is a row of the test set now (${name}).`, { undo });
}

/** A function that undoes something, and says so or why not. */
const undoing = (done, undo) => async () => {
  try {
    await undo();
    say(done);
  } catch (error) {
    sayError(error);
  }
};
