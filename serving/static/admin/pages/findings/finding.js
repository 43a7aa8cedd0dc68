import { html } from "../../lib/html.js";
import { capital } from "../../lib/releases.js";
import { link } from "../../lib/router.js";
import { slicePoints } from "../../lib/text.js";
import { Badge } from "../../parts/badge.js";
import { Button } from "../../parts/button.js";

export const SEVERITIES = {
  error: { word: "Error", kind: "bad", hint: "A training does not begin before they are gone." },
  warning: { word: "Warning", kind: "warn", hint: "They make the bot worse." },
  note: { word: "Note", kind: "info", hint: "Good to know." },
};

/** The entity that a finding is about: its row begins with the name of one, and no intent is named. */
const entityOf = ({ intent_id: intent, row }, names) => (intent ? undefined : names.find((name) => row === name || row.startsWith(`${name}.`)));

/** The text concerned, with the characters that are wrong. */
function Text({ text, start, end }) {
  if (!text) return null;
  const isPart = start !== null && start !== undefined && end > start;
  return html`<p class="finding-text" dir="auto">${isPart
    ? html`<span>${slicePoints(text, 0, start)}</span><mark
      class="fault">${slicePoints(text, start, end)}</mark><span>${slicePoints(text, end, Infinity)}</span>`
    : text}</p>`;
}

/** One finding: what is wrong, where, what to do about it, and a button that does it where a program can. */
export function Finding({ bot, finding, entities = [], onRepair, isBusy }) {
  const { word, kind } = SEVERITIES[finding.severity] || { word: finding.severity, kind: "plain" };
  const entity = entityOf(finding, entities);
  return html`<div class="stack finding">
    <p class="row"><${Badge} kind=${kind}>${word}<//><strong>${capital(finding.title)}</strong>
      <span class="muted small-text">${finding.row}</span></p>
    <${Text} ...${finding} />
    <p>${capital(finding.explanation)}</p>
    <p class="muted">${capital(finding.repair)}</p>
    <div class="actions">
      ${onRepair && finding.is_repairable && html`<${Button} isSmall isBusy=${isBusy}
        aria-label=${`Repair: ${finding.title}, ${finding.row}`} onClick=${() => onRepair(finding)}>Repair<//>`}
      ${finding.intent_id && html`<${Button} isSmall
        href=${link(["bots", bot, "intents", finding.intent_id], finding.text ? { text: finding.text } : {})}>Open ${finding.intent_id}<//>`}
      ${entity && html`<${Button} isSmall href=${link(["bots", bot, "entities", entity])}>Open ${entity}<//>`}
    </div>
  </div>`;
}
