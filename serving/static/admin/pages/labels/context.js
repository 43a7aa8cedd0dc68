import { html, useState } from "../../lib/html.js";
import { moment } from "../../lib/format.js";
import { get, path } from "../../lib/http.js";
import { useDelayed, useLoad } from "../../lib/load.js";
import { link } from "../../lib/router.js";
import { saidBy } from "../../lib/turns.js";
import { Button } from "../../parts/button.js";
import { LongText } from "../../parts/long_text.js";
import { Loading } from "../../parts/states.js";

const BEFORE = 2;
const SHOWN = 4;
const SETTLED_MS = 350;

/** Where the text was written: the turns around it, when, and the release that answered. */
export function Context({ bot, label }) {
  const [at, setAt] = useState({ key: label.key, place: 0 });
  const place = at.key === label.key ? at.place : 0;
  const source = label.sources[Math.min(place, label.sources.length - 1)];
  // nobody reads the conversation of a text that is decided in half a second
  const wanted = useDelayed(source, SETTLED_MS);
  const load = useLoad(async (signal) => {
    if (!wanted) return null;
    const after = Math.max(0, wanted.turn - 1 - BEFORE);
    return get(path`/bots/${bot}/conversations/${wanted.thread_id}`, { explain: false, after, limit: SHOWN }, { signal });
  }, [bot, wanted?.thread_id, wanted?.turn]);
  if (!source) return null;
  const isCurrent = wanted === source;
  return html`<section class="card" aria-label="Conversation">
    <div class="between"><h2>Conversation</h2>${label.sources.length > 1 && html`<span class="row">
      <${Button} isSmall kind="quiet" disabled=${place === 0} onClick=${() => setAt({ key: label.key, place: place - 1 })}>Earlier<//>
      <span class="muted small-text">${place + 1} of ${label.sources.length}</span>
      <${Button} isSmall kind="quiet" disabled=${place === label.sources.length - 1}
        onClick=${() => setAt({ key: label.key, place: place + 1 })}>Later<//></span>`}</div>
    <p class="muted small-text">${moment(source.said_at)}, answered by release ${source.release}</p>
    ${isCurrent && load.data ? html`<ol class="context-turns">${load.data.turns.map((turn) => html`<li key=${turn.turn}
        class=${turn.turn === source.turn ? "here" : ""} aria-current=${turn.turn === source.turn ? "true" : undefined}>
        <div class="said" dir="auto"><${LongText} text=${saidBy(turn)} most=${300} /></div>
        ${turn.replies.map((reply, index) => html`<div key=${index} class="reply" dir="auto">
          <${LongText} text=${reply.text} most=${300} /></div>`)}</li>`)}</ol>`
      : isCurrent && load.error
        ? html`<p class="muted">${load.error.status === 404 ? "The conversation is not kept any more." : load.error.message}</p>`
      : html`<${Loading} />`}
    <p><a href=${link(["bots", bot, "conversations", source.thread_id])}>The whole conversation</a></p>
  </section>`;
}
