import { html } from "../../lib/html.js";
import { Field } from "../../parts/field.js";

/** When the bot says a sentence of its own accord, and what its words may hold in braces. */
const PHRASES = {
  notUnderstood: { when: "It did not understand, and the fallback has no reply", holds: [] },
  clarify: { when: "It asks which of several intents is meant", holds: ["options"] },
  ask: { when: "It asks for a value that has no question of its own", holds: ["label"] },
  confirm: { when: "It asks before it acts", holds: ["name"] },
  confirmValues: { when: "It asks before it acts, and repeats the values", holds: ["name", "values"] },
  resume: { when: "It returns to what was interrupted", holds: ["name", "prompt"] },
  done: { when: "An intent has no reply", holds: [] },
  doneBut: { when: "A tool acted, but its answer cannot be shown", holds: [] },
  nothingFound: { when: "A tool that only asks has nothing to tell", holds: [] },
  cancelled: { when: "The customer stopped", holds: [] },
  cancelledIntent: { when: "The customer stopped something with a name", holds: ["name"] },
  handedOver: { when: "A person takes over", holds: [] },
  serviceUnavailable: { when: "A tool failed", holds: [] },
  outcomeUnknown: { when: "Nobody knows whether a tool has acted", holds: [] },
  doAgain: { when: "It asks before it does what it may have done already", holds: ["name"] },
  noLongerOffered: { when: "A new release no longer has the open intent", holds: [] },
  tooLong: { when: "Only the beginning of a long message was read", holds: ["limit"] },
};

/** The sentences that the bot says unasked, in words of one's own. */
export function Phrases({ phrases, builtIn = {}, mayEdit, onChange }) {
  const change = (name) => (text) => {
    const { [name]: _, ...rest } = phrases;
    onChange(text.trim() ? { ...rest, [name]: text } : rest);
  };
  const own = Object.keys(phrases).length;
  return html`<details class="card"><summary><strong>Phrases</strong> <span class="muted">${own ? `${own} in your words` : "what the bot says unasked, in your words"}</span></summary>
    <p class="hint">Leave one empty, and the bot says the sentence that stands there in grey.</p>
    <div class="phrases">${Object.entries(PHRASES).map(([name, { when, holds }]) => html`<${Field} key=${name} label=${when} maxlength="1000" disabled=${!mayEdit} value=${phrases[name] || ""} placeholder=${builtIn[name] || ""}
      hint=${holds.length ? `May hold ${holds.map((word) => `{${word}}`).join(" and ")}.` : ""} onInput=${change(name)} />`)}</div>
  </details>`;
}
