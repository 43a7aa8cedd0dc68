// The label queue: one text after another, decided with single keys, and sent in the background.

import { html, useEffect, useMemo, useSignalEffect, useState } from "../../lib/html.js";
import { entitiesOf, intentsOf } from "../../lib/bots.js";
import { signedOut } from "../../lib/http.js";
import { useKeys } from "../../lib/keys.js";
import { useLoad } from "../../lib/load.js";
import { link, replaceQuery } from "../../lib/router.js";
import { Button } from "../../parts/button.js";
import { Page } from "../../parts/page.js";
import { Failure, Loading } from "../../parts/states.js";
import { AcceptAgreed } from "./accept_agreed.js";
import { Context } from "./context.js";
import { Decided } from "./decided.js";
import { DecidedList } from "./decided_list.js";
import { FillQueue, NothingLeft } from "./fill_queue.js";
import { Filters } from "./filters.js";
import { LabelCard } from "./label_card.js";
import { outboxOf } from "./outbox.js";
import { Problems } from "./problems.js";
import { LabelQueue, OUT_OF_SCOPE } from "./queue.js";
import { Session } from "./session.js";
import { Why } from "./why.js";

export default function Labels({ bot, rest, query }) {
  const names = useLoad(async () => {
    const [intents, entities] = await Promise.all([intentsOf(bot), entitiesOf(bot)]);
    return { intents, entities, titleById: new Map(intents.map((intent) => [intent.intent_id, intent.name])) };
  }, [bot]);
  const titleOf = (id) => (id === OUT_OF_SCOPE ? "None of the intents" : names.data?.titleById.get(id) || id);
  if (rest[0] === "decided") return html`<${DecidedList} bot=${bot} titleOf=${titleOf} />`;
  return html`<${Queue} bot=${bot} query=${query} names=${names} titleOf=${titleOf} />`;
}

function Queue({ bot, query, names, titleOf }) {
  const outbox = outboxOf(bot);
  const queue = useMemo(() => new LabelQueue(bot, outbox), [bot, outbox]);
  const [isFilling, setFilling] = useState(false);
  const choose = (filter) => {
    replaceQuery(filter);
    queue.load(filter);
  };
  useEffect(() => {
    queue.load({ source: query.source, intent: query.intent });
  }, [queue]);
  useEffect(() => {
    if (!signedOut.value && queue.error.value) queue.load();
  }, [signedOut.value]);

  useSignalEffect(() => {
    if (outbox.entries.value.length === 0) queueMicrotask(() => queue.lookAgain());
  });
  // bound here and not with the text, so that no press falls between two texts
  useKeys(keysOf(queue));

  const label = queue.current.value;
  return html`<${Page} title="Label queue"
    lead="What customers wrote and the bot was not sure about. Say what they meant, and the next training learns it."
    actions=${html`<${Button} href=${link(["bots", bot, "labels", "decided"])}>Decided texts<//><${AcceptAgreed} bot=${bot} queue=${queue}
      outbox=${outbox} /><${FillQueue} bot=${bot} isOpen=${isFilling} onOpen=${setFilling} onFilled=${() => queue.load()} />`}>
    <${Session} queue=${queue} outbox=${outbox} />
    <${Problems} bot=${bot} queue=${queue} outbox=${outbox} titleOf=${titleOf} />
    <${Filters} filter=${queue.filter.value} intents=${names.data?.intents || []} isTogether=${queue.isTogether.value}
      onTogether=${(on) => { queue.isTogether.value = on; }} onChange=${choose} />
    <${Failure} error=${names.error} onRetry=${names.reload} />
    <${Failure} error=${queue.error.value} onRetry=${() => queue.load()} />
    ${label ? html`<div class="columns">
        <${LabelCard} label=${label} queue=${queue} names=${names.data} titleOf=${titleOf} />
        <div class="stack">
          <${Why} label=${label} titleOf=${titleOf} most=${queue.items.value[0].value} />
          <${Context} bot=${bot} label=${label} />
          <${Decided} queue=${queue} outbox=${outbox} titleOf=${titleOf} />
        </div>
      </div>`
      : queue.isLoading.value ? html`<${Loading}>Looking for texts …<//>`
      : !queue.error.value && html`<${NothingLeft} bot=${bot} queue=${queue} onFill=${() => setFilling(true)} onAll=${() => choose({})} />
        <${Decided} queue=${queue} outbox=${outbox} titleOf=${titleOf} />`}
  <//>`;
}

function keysOf(queue) {
  const guesses = Array.from({ length: 9 }, (_, place) => [String(place + 1), { does: `take guess ${place + 1}`, run: () => queue.take(place) }]);
  return {
    ...Object.fromEntries(guesses),
    "/": { does: "search for another intent", run: () => { queue.isSearching.value = queue.current.value !== null; } },
    x: { does: "none of the intents: out of scope", run: () => queue.decide("accepted", OUT_OF_SCOPE) },
    r: { does: "unusable: do not learn from this text", run: () => queue.decide("rejected") },
    s: { does: "skip this text", run: () => queue.decide("skipped") },
    u: { does: "undo the latest decision", run: () => queue.undo() },
    e: { does: "mark entities: arrows select words, Enter marks them", run: () => document.querySelector(".annotator-text")?.focus() },
    ArrowDown: { does: "look at the next text", run: () => queue.move(1) },
    ArrowUp: { does: "look at the text before", run: () => queue.move(-1) },
  };
}
