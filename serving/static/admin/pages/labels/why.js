import { html } from "../../lib/html.js";
import { confidence, counted } from "../../lib/format.js";
import { OUT_OF_SCOPE } from "./queue.js";

/** The reasons why a text is worth a label, as sentences. */
function reasonsOf(label, titleOf) {
  const said = (source) => label.proposals.find(({ by }) => by === source);
  const [newest, model, customer, shadow] = ["classifier", "llm", "clarification", "shadow"].map(said);
  const reasons = [];
  const name = ({ intent_id: id }) => (id === OUT_OF_SCOPE ? "none of the intents" : `“${titleOf(id)}”`);
  if (newest && newest.confidence !== null) reasons.push(`The newest release reads ${name(newest)} and is ${newest.confidence < 0.65 ? "not sure" : newest.confidence < 0.9 ? "fairly sure" : "sure"} (${confidence(newest.confidence)}).`);
  if (model) reasons.push(newest && model.intent_id !== newest.intent_id ? `The language model disagrees: ${name(model)}.` : `The language model was needed; it says ${name(model)}.`);
  if (customer) reasons.push(`The customer was asked what they meant, and chose ${name(customer)}.`);
  if (shadow && newest && shadow.intent_id !== newest.intent_id) reasons.push(`The release on trial reads it differently: ${name(shadow)}.`);
  if (label.sources.length > 1) reasons.push(`Customers wrote it ${counted(label.sources.length, "time")}.`);
  return reasons;
}

/** Why this text, and how much a decision about it is expected to teach. */
export function Why({ label, titleOf, most }) {
  const share = most > 0 ? Math.min(1, label.value / most) : 0;
  return html`<section class="card" aria-label="Why this text">
    <h2>Why this text</h2>
    <ul class="reasons">${reasonsOf(label, titleOf).map((reason) => html`<li key=${reason}>${reason}</li>`)}
      ${label.agreed && html`<li>All agree on “${titleOf(label.agreed)}”: “Accept agreed” would take it.</li>`}</ul>
    <div class="gain"><span>Expected gain</span><span class="meter" aria-hidden="true"><span style=${{ width: `${share * 100}%` }}></span></span><span class="number">${label.value.toFixed(2)}</span></div>
    <p class="hint">How likely the newest release gets it wrong, times how often nearly the same is said. Texts come in this order.</p>
  </section>`;
}
