import { html, useEffect, useState } from "../../lib/html.js";
import { confidence, moment } from "../../lib/format.js";
import { get, path } from "../../lib/http.js";
import { usePages } from "../../lib/load.js";
import { link, place, replaceQuery } from "../../lib/router.js";
import { may } from "../../lib/session.js";
import { NO_INTENT, channelName, saidBy, turnOfLog } from "../../lib/turns.js";
import { Badge } from "../../parts/badge.js";
import { Button } from "../../parts/button.js";
import { IntentName } from "../../parts/intent_name.js";
import { LongText } from "../../parts/long_text.js";
import { Page } from "../../parts/page.js";
import { Failure, Loading } from "../../parts/states.js";
import { Teach } from "../../parts/turn/teach.js";
import { RouteBadge, TurnExplanation } from "../../parts/turn_explanation.js";
import { Person } from "./person.js";
import { Replay } from "./replay.js";

const BACK = (bot) => ({ href: link(["bots", bot, "conversations"]), title: "Conversations" });
const AT_ONCE = 50;

/** One conversation: what was said on one side, why on the other. */
export function Thread({ bot, thread, query }) {
  const [channel, setChannel] = useState("");
  const list = usePages(async (cursor, abort) => {
    const page = await get(path`/bots/${bot}/conversations/${thread}`, { cursor, limit: AT_ONCE }, { signal: abort });
    if (page.channel) setChannel(page.channel);
    return { items: page.turns, next: page.next };
  }, [bot, thread]);
  const [opened, setOpened] = useState(null);
  const turns = list.items || [];
  const wanted = Number(query.turn) || null;
  const chosen = turns.find(({ turn }) => turn === wanted) || turns[turns.length - 1];
  useEffect(() => {
    // the turn that was searched for is further on
    if (wanted && turns.length && !turns.some(({ turn }) => turn === wanted) && list.hasMore && !list.isLoading) list.more();
  }, [wanted, turns.length, list.isLoading]);
  const actions = turns.length > 0 && html`
    ${may("author", bot) && html`<${Button} onClick=${() => setOpened("replay")}>Replay with another release<//>`}
    ${may("operator", bot) && html`<${Button} onClick=${() => setOpened("person")}>Export or forget …<//>`}`;
  return html`<${Page} title="Conversation" back=${BACK(bot)} actions=${actions} isWide
    lead=${html`<span class="mono" dir="auto">${thread}</span>${channel && `, over ${channelName(channel)}`}`}>
    <${Failure} error=${list.error} onRetry=${list.reload} />
    ${list.isLoading && !turns.length && html`<${Loading} />`}
    ${turns.length > 0 && html`<div class="columns talk">
      <section class="stack" aria-label="What was said">
        <ol class="transcript whole stack">${turns.map((turn) => html`<${Turn} key=${turn.turn} turn=${turn}
          isChosen=${turn === chosen} />`)}</ol>
        ${list.hasMore && html`<div><${Button} isBusy=${list.isLoading} onClick=${list.more}>Show later messages<//></div>`}
      </section>
      <${Why} key=${chosen.turn} bot=${bot} thread=${thread} turn=${chosen} onTaught=${list.reload} /></div>`}
    ${opened === "replay" && html`<${Replay} bot=${bot} thread=${thread} release=${chosen.release} onClose=${() => setOpened(null)} />`}
    ${opened === "person" && html`<${Person} bot=${bot} thread=${thread} onClose=${() => setOpened(null)} />`}
  <//>`;
}

function Turn({ turn, isChosen }) {
  const choose = () => {
    replaceQuery({ ...place.value.query, turn: turn.turn });
    // where both do not fit side by side, the reasons are below everything that was said
    if (matchMedia("(max-width: 800px)").matches) requestAnimationFrame(() => document.querySelector(".talk > aside")?.scrollIntoView());
  };
  const sure = turn.route === "form" ? null : turnOfLog(turn).confidence; // how sure an answer's intent is says nothing
  return html`<li class="exchange">
    <button type="button" class=${isChosen ? "bubble said chosen" : "bubble said"} dir="auto" aria-pressed=${isChosen}
      aria-label=${`Why was “${turn.text}” answered so?`} onClick=${choose}>${saidBy(turn)}</button>
    ${turn.correction && html`<${Corrected} correction=${turn.correction} />`}
    <p class="row small-text said-line"><${RouteBadge} route=${turn.route} />
      <span class="muted"><${IntentName} id=${turn.intent_id} />${sure !== null && `, ${confidence(sure)}`}</span></p>
    ${turn.tool?.failure && html`<p class="note bad">The tool of ${turn.tool.intent_id} failed: ${turn.tool.failure}</p>`}
    ${turn.replies.map((reply, number) => html`<div key=${number} class="bubble reply" dir="auto"><${LongText} text=${reply.text} /></div>`)}
    ${turn.is_handed_over && html`<p class="note">Handed over to a person.</p>`}
  </li>`;
}

function Corrected({ correction: { status, intent_id: id, decided_by: by } }) {
  const what = status === "rejected" ? "Not to be learnt" : id === NO_INTENT ? "Corrected: none of the intents" : html`Corrected: <${IntentName} id=${id} />`;
  return html`<p class="small-text said-line"><${Badge} kind="info">${what}<//>${by && html` <span class="muted">by ${by}</span>`}</p>`;
}

function Why({ bot, thread, turn, onTaught }) {
  const [isTeaching, setTeaching] = useState(false);
  const shown = turnOfLog(turn);
  return html`<aside class="card" aria-label="Why">
    <h2>Why <span dir="auto">“${saidBy(turn)}”</span> was answered so</h2>
    <p class="muted small-text"><time datetime=${turn.said_at}>${moment(turn.said_at)}</time></p>
    <${TurnExplanation} turn=${shown}>
      ${turn.label && html`<p class="note">
        The customer said that “${turn.label.text}” meant ${turn.label.intent_id || "none of the offered intents"}.</p>`}
      ${!turn.explanation && turn.nlu && html`<p class="muted small-text">
        Another release answers now, so only what was stored with the message is known.</p>`}
      <div class="actions"><${Button} isSmall onClick=${() => setTeaching(true)}>Correct it<//></div><//>
    ${isTeaching && html`<${Teach} bot=${bot} turn=${shown} source=${{ thread, turn: turn.turn }} targets=${["label", "example", "test"]}
      onTaught=${onTaught} onClose=${() => setTeaching(false)} />`}
  </aside>`;
}
