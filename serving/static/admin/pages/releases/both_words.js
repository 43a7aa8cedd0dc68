import { html, useState } from "../../lib/html.js";
import { counted } from "../../lib/format.js";
import { capital } from "../../lib/releases.js";
import { link } from "../../lib/router.js";
import { Badge } from "../../parts/badge.js";
import { Button } from "../../parts/button.js";

const AT_ONCE = 20;

/** What came of answering conversations with two releases: in sentences, and each message with the words of both. */
export function BothWords({ bot, result }) {
  const [shown, setShown] = useState(AT_ONCE);
  const { version, against, words = [], changes = [], reasons = [], redefined = [], notes = [], problem } = result;
  if (problem) return html`<p class="note warn">${capital(problem)}</p>`;
  return html`<div class="stack" role="region" aria-label="Answered with both">
    <p><strong>${counted(result.n_conversations, "conversation")} with ${counted(result.n_turns, "message")}:</strong>
      ${result.n_different === 0 ? " both releases answer alike." : ` ${counted(result.n_different, "message is", "messages are")} answered otherwise.`}
      ${result.n_losing_a_goal > 0 && html` <${Badge} kind="bad">${counted(result.n_losing_a_goal, "conversation")} no longer ${result.n_losing_a_goal === 1 ? "reaches its" : "reach their"} goal<//>`}</p>
    ${[...reasons, ...redefined, ...notes].length > 0 && html`<ul class="bullets">${[...reasons, ...redefined, ...notes].map((one) => html`<li key=${one}>${capital(one)}</li>`)}</ul>`}
    ${changes.length > 0 && html`<details><summary>In short</summary><ul class="bullets">${changes.map(({ sentence }) => html`<li key=${sentence}>${capital(sentence)}</li>`)}</ul></details>`}
    <ul>${words.slice(0, shown).map((turn) => html`<li class="words" key=${`${turn.thread}/${turn.turn}`}>
      <div class="between"><strong dir="auto">“${turn.text}”</strong>
        <span class="row">${turn.loses_a_goal && html`<${Badge} kind="bad">Goal lost<//>`}<a class="small-text" href=${link(["bots", bot, "conversations", turn.thread])}>Conversation</a></span></div>
      <div class="both"><${Said} title=${`Release ${against}`} texts=${turn.before} /><${Said} title=${`Release ${version}`} texts=${turn.after} kind="after" /></div>
      <p class="muted small-text">${turn.differences.filter(({ subject }) => subject !== "reply").map(({ subject, before, after }) => `${subject}: ${before || "none"} → ${after || "none"}`).join("; ")}</p></li>`)}</ul>
    ${words.length > shown && html`<div><${Button} isSmall onClick=${() => setShown(shown + AT_ONCE)}>Show ${Math.min(AT_ONCE, words.length - shown)} more of ${words.length - shown}<//></div>`}
  </div>`;
}

const Said = ({ title, texts, kind = "" }) => html`<div><span class="muted small-text">${title}</span><p class=${`said ${kind}`} dir="auto">${texts.join("\n") || "(says nothing)"}</p></div>`;
