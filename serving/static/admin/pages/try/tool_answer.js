import { html, useState } from "../../lib/html.js";
import { Button } from "../../parts/button.js";
import { Field } from "../../parts/field.js";

/** A reply that waits for a tool which was only shown: call it, or say what it would answer. */
export function ToolAnswer({ chat, entry }) {
  const [isOpen, setOpen] = useState(false);
  const [text, setText] = useState("{}");
  const [error, setError] = useState("");
  const use = (event) => {
    event.preventDefault();
    let answer;
    try {
      answer = JSON.parse(text);
    } catch (wrong) {
      setError(`That is not JSON: ${wrong.message}`);
      return;
    }
    chat.again(entry.id, { tools: "shown", tool_answer: answer });
  };
  return html`<div class="note stack">
    <p>The reply depends on the tool of <strong>${entry.turn.intent}</strong>, which was only shown and not called.</p>
    <div class="actions">
      <${Button} isSmall onClick=${() => chat.again(entry.id, { tools: "called" })}>Call it for real<//>
      <${Button} isSmall aria-expanded=${isOpen} onClick=${() => setOpen(!isOpen)}>Make up its answer<//>
    </div>
    ${isOpen && html`<form class="stack" onSubmit=${use}>
      <${Field} label="What the tool would answer, as JSON" as="textarea" class="code" spellcheck=${false} value=${text} error=${error} onInput=${(typed) => { setText(typed); setError(""); }} />
      <div class="actions"><${Button} isSmall kind="primary" type="submit">Show the reply<//></div>
    </form>`}
  </div>`;
}
