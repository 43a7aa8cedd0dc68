import { html } from "../../lib/html.js";
import { counted, listed } from "../../lib/format.js";
import { Annotator } from "../../parts/annotator.js";
import { Badge } from "../../parts/badge.js";
import { Button } from "../../parts/button.js";
import { MarkedText } from "../../parts/marked_text.js";
import { Picker } from "../../parts/picker.js";
import { Guesses } from "./guesses.js";
import { OUT_OF_SCOPE, guessesOf } from "./queue.js";

const KINDS = {
  email: "an e-mail address", phone: "a phone number", card: "a card number", iban: "an IBAN", national_id: "a national id",
};
const SHOWN_ALIKE = 4;

const marksOf = (spans) => spans.map(({ start, end, type, value, role }) => ({ begin: start, end, name: type, value, role }));
const spansOf = (marks) => marks.map(({ begin, end, name, value, role }) => (
  { start: begin, end, type: name, value, role: role ?? undefined }));

/** The text to decide about, and everything that can be said about it. */
export function LabelCard({ label, queue, names, titleOf }) {
  const accept = (id) => queue.decide("accepted", id);
  const search = (is) => () => { queue.isSearching.value = is; };
  // the second click of a double click would decide the next text
  const once = (act) => (event) => event.detail < 2 && act();
  const alike = queue.alike.value;
  const isOffered = guessesOf(label).some(({ intent_id: id }) => id === OUT_OF_SCOPE); // among the guesses already
  const options = (names?.intents || []).filter(({ intent_id: id }) => id !== "fallback")
    .map(({ intent_id: id, name, example_count: n }) => ({ id, title: name || id, note: name && name !== id ? id : counted(n, "example") }));
  return html`<section class="card label-card" aria-label="The text">
    <${Annotator} key=${label.key} text=${label.text} label="Text to label" marks=${marksOf(queue.entitiesOf(label))}
      entities=${(names?.entities || []).map(({ name }) => name)} onChange=${(marks) => queue.annotate(label.key, spansOf(marks))} />
    <p class="hint">Select words to mark an entity, or press <kbd>e</kbd> and use the arrow keys.</p>
    ${label.personal_data.length > 0 && html`<p class="note warn">
      It seems to hold ${listed(label.personal_data.map((kind) => KINDS[kind] || kind))}, which would be kept in the examples.
      Press <kbd>r</kbd> if it should not be.</p>`}
    ${alike.length > 0 && html`<details class="alike" open=${alike.length <= SHOWN_ALIKE}>
      <summary>${counted(alike.length, "text says", "texts say")} nearly the same${
        queue.isTogether.value ? ", and will be decided with it" : ""}</summary>
      <ul>${alike.map((each) => html`<li key=${each.key}><${MarkedText} text=${each.text}
        marks=${marksOf(each.entities)} /></li>`)}</ul></details>`}
    <h2>What did the customer want?</h2>
    <${Guesses} label=${label} titleOf=${titleOf} onTake=${accept} />
    ${queue.isSearching.value
      ? html`<${Picker} label="Search all intents" options=${options} onPick=${({ id }) => accept(id)} onClose=${search(false)}
          empty="No intent fits. Make it on the intents page first, or press Escape." />`
      : html`<${Button} onClick=${search(true)}>Another intent … <kbd>/</kbd><//>`}
    <div class="actions label-actions">
      ${!isOffered && html`<${Button} onClick=${once(() => accept(OUT_OF_SCOPE))}>None of the intents <kbd>x</kbd><//>`}
      <${Button} onClick=${once(() => queue.decide("skipped"))}>Skip <kbd>s</kbd><//>
      <${Button} onClick=${once(() => queue.decide("rejected"))}>Unusable <kbd>r</kbd><//>
      <${Button} kind="quiet" disabled=${queue.history.value.length === 0} onClick=${() => queue.undo()}>Undo <kbd>u</kbd><//>
    </div>
    ${queue.entitiesOf(label) !== label.entities && html`<p><${Badge} kind="info">Annotations changed<//></p>`}
  </section>`;
}
