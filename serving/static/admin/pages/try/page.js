// Talking with the draft or a release, and seeing why it answers so.

import { html, useMemo, useState } from "../../lib/html.js";
import { get, path } from "../../lib/http.js";
import { useLoad } from "../../lib/load.js";
import { say } from "../../lib/notices.js";
import { replaceQuery } from "../../lib/router.js";
import { may } from "../../lib/session.js";
import { Button } from "../../parts/button.js";
import { Check, Field } from "../../parts/field.js";
import { Page } from "../../parts/page.js";
import { IntentNames } from "../../parts/intent_name.js";
import { Loaded } from "../../parts/states.js";
import { Teach } from "../../parts/turn/teach.js";
import { TurnExplanation } from "../../parts/turn_explanation.js";
import { Chat } from "./chat.js";
import { FirstTraining } from "./first_training.js";
import { Transcript } from "./transcript.js";

const LEAD = "Write as a customer would. Nothing of it reaches your customers, the figures or the label queue.";

const OF_THE_DRAFT = "The draft answers with its replies, forms and tools as they are now. It understands what the newest release has "
  + "learnt: train the bot so that new examples count.";

async function read(bot, abort) {
  const [releases, trainings] = await Promise.all([
    get(path`/bots/${bot}/releases`, { limit: 50 }, { signal: abort }),
    get(path`/bots/${bot}/trainings`, { limit: 1 }, { signal: abort }),
  ]);
  return { releases: releases.items, running: trainings[0] || null };
}

export default function Try({ bot, query }) {
  const load = useLoad((abort) => read(bot, abort), [bot]);
  return html`<${Page} title="Try it" lead=${LEAD} isWide>
    <${Loaded} load=${load}>${({ releases, running }) => releases.length === 0
      ? html`<${FirstTraining} bot=${bot} running=${running} onDone=${load.reload} />`
      : html`<${Trying} bot=${bot} releases=${releases} query=${query} />`}<//>
  <//>`;
}

/** What can be chosen: the draft, what answers customers, and the other versions. */
const choices = (releases) => [
  { value: "draft", title: "The draft" },
  ...releases.map(({ version, is_live: isLive, verdict }) => ({
    value: version, title: `Release ${version}${isLive ? ", live: it answers customers" : verdict === "failed" ? ", refused by its gate" : ""}`,
  })),
];

function Trying({ bot, releases, query }) {
  const offered = choices(releases);
  const chat = useMemo(() => new Chat(bot, offered.some(({ value }) => value === query.release) ? query.release : "draft"), [bot]);
  const choose = (event) => {
    chat.release.value = event.target.value;
    replaceQuery({ ...query, release: event.target.value });
  };
  const startAgain = () => say("A new conversation.", { undo: chat.startAgain() });
  return html`<${IntentNames} bot=${bot}><div class="row end talk-with">
      <${Field} label="Talk with" as="select" value=${chat.release.value} onChange=${choose}>
        ${offered.map(({ value, title }) => html`<option key=${value} value=${value}>${title}</option>`)}<//>
      <${Button} disabled=${chat.entries.value.length === 0} onClick=${startAgain}>Start again<//>
    </div>
    <${Check} label="Call tools for real" hint=${chat.tools.value === "called"
        ? "What they do is done: an order is placed, a message is sent."
        : "Off: calls are shown and not sent."}
      checked=${chat.tools.value === "called"} onChange=${(on) => { chat.tools.value = on ? "called" : "shown"; }} />
    <div class="columns talk">
      <section class="stack" aria-label="Chat"><${Transcript} chat=${chat}>
          <p class="muted empty-chat">${chat.release.value === "draft" ? OF_THE_DRAFT : "Say something."}</p><//>
        <${Composer} chat=${chat} />
        <${Unknown} chat=${chat} /></section>
      <${Why} bot=${bot} chat=${chat} />
    </div><//>`;
}

function Composer({ chat }) {
  const [text, setText] = useState("");
  const send = (event) => {
    event.preventDefault();
    // the field itself, as keys come faster than it is drawn
    const field = event.target.elements.namedItem("message");
    const typed = field.value.trim();
    if (!typed) return;
    field.value = "";
    setText("");
    chat.send(typed);
  };
  return html`<form class="row end" onSubmit=${send}>
    <${Field} label="Your message" name="message" autocomplete="off" dir="auto" value=${text} onInput=${setText} />
    <${Button} kind="primary" type="submit">Send<//>
  </form>`;
}

function Unknown({ chat }) {
  const ids = chat.chosen.value?.unknown || [];
  if (!ids.length) return null;
  return html`<p class="note warn">Not learnt yet, until the next training: ${ids.join(", ")}. A message such as <code>/${ids[0]}</code> calls one.</p>`;
}

function Why({ bot, chat }) {
  const [isTeaching, setTeaching] = useState(false);
  const entry = chat.chosen.value;
  if (!entry) return html`<aside class="card"><h2>Why</h2><p
    class="muted">Send a message: here you see what the bot understood, how sure it was, and what decided.</p></aside>`;
  const isShortcut = entry.turn.ranking.length === 0 && entry.text.startsWith("/");
  return html`<aside class="card" aria-label="Why">
    <h2>Why <span dir="auto">“${entry.shown}”</span> was answered so</h2>
    <${TurnExplanation} turn=${entry.turn}>
      ${may("author", bot) && !isShortcut && html`<div class="actions"><${Button} isSmall
        onClick=${() => setTeaching(true)}>Correct it<//></div>`}<//>
    ${isTeaching && html`<${Teach} bot=${bot} turn=${entry.turn} onClose=${() => setTeaching(false)} />`}
  </aside>`;
}
