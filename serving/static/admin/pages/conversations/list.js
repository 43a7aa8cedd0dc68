import { html, useState } from "../../lib/html.js";
import { confidence, moment } from "../../lib/format.js";
import { get, path } from "../../lib/http.js";
import { usePages } from "../../lib/load.js";
import { link } from "../../lib/router.js";
import { channelName, saidBy } from "../../lib/turns.js";
import { Ago } from "../../parts/ago.js";
import { Button } from "../../parts/button.js";
import { IntentName } from "../../parts/intent_name.js";
import { Page } from "../../parts/page.js";
import { Empty, Failure, Loading } from "../../parts/states.js";
import { RouteBadge } from "../../parts/turn_explanation.js";
import { VirtualList } from "../../parts/virtual_list.js";
import { CONDITIONS, Filters } from "./filters.js";

const ROW_PX = 62;

export function List({ bot, query }) {
  const wanted = CONDITIONS.map((name) => query[name] || "");
  const [backTo, setBackTo] = useState(null);
  const list = usePages(async (cursor, abort) => {
    const conditions = Object.fromEntries(CONDITIONS.map((name, at) => [name, wanted[at]]));
    const page = await get(path`/bots/${bot}/conversations`, { ...conditions, cursor, limit: 50 }, { signal: abort });
    setBackTo(page.searched_back_to);
    return page;
  }, [bot, ...wanted]);
  const items = list.items || [];
  const isFiltered = wanted.some(Boolean);
  return html`<${Page} title="Conversations" lead="What customers wrote, newest first. Open one to see why each message was answered so.">
    <${Filters} bot=${bot} query=${query} />
    <${Failure} error=${list.error} onRetry=${list.reload} />
    ${items.length > 0 && html`<${VirtualList} items=${items} rowHeight=${ROW_PX} label="Conversations"
      keyOf=${({ thread_id: id, channel }) => `${channel}/${id}`} onEnd=${list.more} row=${(item) => html`<${Row} bot=${bot}
        item=${item} />`} />`}
    ${list.isLoading && html`<${Loading}>Searching …<//>`}
    ${!list.isLoading && !list.error && items.length === 0 && html`<${Nothing} isFiltered=${isFiltered} hasMore=${list.hasMore} />`}
    ${list.hasMore && html`<div class="row"><${Button} isBusy=${list.isLoading} onClick=${list.more}>Search further back<//>
      ${backTo && html`<span class="muted">Looked at everything since ${moment(backTo)}.</span>`}</div>`}
  <//>`;
}

function Nothing({ isFiltered, hasMore }) {
  if (hasMore) return html`<p class="muted">Nothing that fits so far.</p>`;
  if (isFiltered) {
    return html`<${Empty} title="No conversation fits">Fewer conditions find more. A conversation fits if one of its messages fits all of
      them.<//>`;
  }
  return html`<${Empty} title="No conversation yet">As soon as customers write to the live release, their messages are here, until they
    expire as the settings say.<//>`;
}

function Row({ bot, item }) {
  const where = link(["bots", bot, "conversations", item.thread_id], { turn: item.turn });
  return html`<a class="conversation" href=${where}>
    <span class="conversation-text" dir="auto">${saidBy({ ...item, why: item.text.startsWith("/") ? "shortcut" : "" })}</span>
    <span class="row small-text">
      <${RouteBadge} route=${item.route} /><span><${IntentName} id=${item.intent_id} /></span>
      ${item.route === "intent" && item.confidence !== null && html`<span class="muted"
        title="Confidence">${confidence(item.confidence)}</span>`}
      <span class="muted rare dotted">${channelName(item.channel)}</span><span class="muted rare dotted">release ${item.release}</span>
      <span class="muted"><${Ago} at=${item.said_at} /></span></span>
  </a>`;
}
