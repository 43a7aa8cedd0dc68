// Saying what a message meant: it becomes an example of the draft, a label, or a row of the test set.

import { html, useEffect, useSignal } from "../../lib/html.js";
import { entitiesOf } from "../../lib/bots.js";
import { useAction } from "../../lib/load.js";
import { may } from "../../lib/session.js";
import { TARGETS, teach } from "../../lib/teaching.js";
import { NO_INTENT, annotationsOf } from "../../lib/turns.js";
import { Button } from "../button.js";
import { Dialog } from "../dialog.js";
import { Check, Field } from "../field.js";
import { IntentChoice } from "../intent_choice.js";
import { MarkedText } from "../marked_text.js";
import { Failure } from "../states.js";

/** The values found in a message that the draft has an entity for: only those can be marked in an example. */
function useMarks(bot, turn) {
  const marks = useSignal([]);
  useEffect(() => {
    entitiesOf(bot).then((known) => {
      const names = new Set(known.map(({ name }) => name));
      marks.value = annotationsOf(turn.text, turn.entities).filter(({ name }) => names.has(name)).map((mark) => ({ ...mark, isKept: true }));
    }, () => {}); // without the list nothing is marked; the example is none the worse
  }, [bot, turn]);
  return marks;
}

/** `source`: the thread and turn of a customer's message, `{thread, turn}`; without it, somebody tried the text. */
export function Teach({ bot, turn, source, targets = ["example"], onTaught, onClose, title = "What did they mean?" }) {
  const allowed = targets.filter((name) => may(TARGETS[name].role, bot));
  const target = useSignal(allowed[0]);
  const marks = useMarks(bot, turn);
  const kept = () => marks.value.filter(({ isKept }) => isKept).map(({ isKept, ...mark }) => mark);
  const save = useAction(async (intent) => {
    const done = await teach({ bot, text: turn.text, intent, entities: intent === NO_INTENT ? [] : kept(), source, target: target.value });
    onTaught?.(intent);
    onClose();
    return done;
  });
  const guesses = turn.ranking.map(({ intent_id: id }) => id).filter((id) => id !== turn.intent).slice(0, 5);
  return html`<${Dialog} title=${title} onClose=${onClose}>
    <p class="said-text"><${MarkedText} text=${turn.text} marks=${kept()} /></p>
    ${allowed.length > 1 && html`<${Field} label="Save it as" as="select" value=${target.value} onChange=${(event) => { target.value = event.target.value; }} hint=${TARGETS[target.value].hint}>
      ${allowed.map((name) => html`<option key=${name} value=${name}>${TARGETS[name].title}</option>`)}<//>`}
    ${allowed.length === 1 && html`<p class="hint">It becomes ${TARGETS[allowed[0]].title.replace(/^An?/, (word) => word.toLowerCase())}. ${TARGETS[allowed[0]].hint}</p>`}
    ${marks.value.map((mark, number) => html`<${Check} key=${number} label=${`Mark “${mark.value}” as ${mark.name}`} checked=${mark.isKept}
      onChange=${(isKept) => { marks.value = marks.value.map((each, at) => (at === number ? { ...each, isKept } : each)); }} />`)}
    <${IntentChoice} bot=${bot} label="The right intent" takesFocus first=${guesses} onChoose=${save.run}>
      <div><${Button} onClick=${() => save.run(NO_INTENT)}>None of these<//></div><//>
    <p class="hint">${save.isBusy ? "Saving …" : target.value === "example" ? "“None of these” makes it a label: a message that the bot should not understand." : "“None of these” says that the bot should not understand it."}</p>
    <${Failure} error=${save.error} />
  <//>`;
}
