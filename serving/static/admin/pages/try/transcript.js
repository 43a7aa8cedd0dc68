import { html, useEffect, useRef } from "../../lib/html.js";
import { confidence } from "../../lib/format.js";
import { Button } from "../../parts/button.js";
import { Failure } from "../../parts/states.js";
import { IntentName } from "../../parts/intent_name.js";
import { RouteBadge } from "../../parts/turn_explanation.js";
import { Answered } from "../../parts/turn/call.js";
import { ToolAnswer } from "./tool_answer.js";

/** How sure an answer's intent is says nothing. */
const isSure = ({ route, confidence: sure }) => sure !== null && route !== "form";

/** One message and its replies. The message is a button that shows why it was answered so. */
function Entry({ chat, entry, isChosen }) {
  const { turn } = entry;
  return html`<li class="exchange">
    <button type="button" class=${isChosen ? "bubble said chosen" : "bubble said"} dir="auto" disabled=${!turn} aria-pressed=${isChosen}
      aria-label=${`Why was “${entry.shown}” answered so?`} onClick=${() => { chat.chosenId.value = entry.id; }}>${entry.shown}</button>
    ${turn && html`<p class="row small-text said-line"><${RouteBadge} route=${turn.route} />
      <span class="muted"><${IntentName} id=${turn.intent} />${isSure(turn) && `, ${confidence(turn.confidence)}`}</span></p>`}
    ${entry.isWaiting && html`<p class="bubble reply muted" role="status"><span class="spinner" aria-hidden="true"></span> Answering …</p>`}
    <${Failure} error=${entry.error}><${Button} onClick=${() => chat.again(entry.id)}>Send it again<//><//>
    ${turn?.tool?.problem && html`<p class="note bad"
      role="alert">The tool of ${turn.tool.intent_id} failed: ${turn.tool.problem}</p><${Answered} text=${turn.tool.answer} />`}
    ${turn?.replies.map((reply, number) => html`<div key=${number} class="stack tight">
      <p class="bubble reply" dir="auto">${reply.text}</p>
      ${reply.quick_replies?.length > 0 && html`<div class="row" role="group"
        aria-label="Buttons of the reply">${reply.quick_replies.map((each) => html`
        <${Button} key=${each.payload} isSmall onClick=${() => chat.send(each.payload, each.title)}>${each.title}<//>`)}</div>`}
    </div>`)}
    ${turn?.needsToolAnswer && html`<${ToolAnswer} chat=${chat} entry=${entry} />`}
    ${turn && !turn.needsToolAnswer && turn.replies.length === 0 && html`<p
      class="muted small-text">No reply: the intent has no text for it.</p>`}
  </li>`;
}

/** The conversation so far; it stays at its end while messages come. */
export function Transcript({ chat, children }) {
  const box = useRef(null);
  const entries = chat.entries.value;
  useEffect(() => {
    box.current.scrollTop = box.current.scrollHeight;
  }, [entries.length, chat.isWaiting.value]);
  return html`<div class="transcript" ref=${box} role="log" aria-label="Conversation" tabindex="0">
    ${entries.length === 0 ? children : html`<ol class="stack">${entries.map((entry) => html`<${Entry} key=${entry.id} chat=${chat}
      entry=${entry} isChosen=${chat.chosen.value?.id === entry.id} />`)}</ol>`}
  </div>`;
}
