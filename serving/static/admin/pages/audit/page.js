// The audit log: who changed what, when and from where, with the values before and after.

import { html, useMemo } from "../../lib/html.js";
import { bots } from "../../lib/bots.js";
import { moment } from "../../lib/format.js";
import { get } from "../../lib/http.js";
import { useDelayed, usePages } from "../../lib/load.js";
import { replaceQuery } from "../../lib/router.js";
import { Ago } from "../../parts/ago.js";
import { Badge } from "../../parts/badge.js";
import { Button } from "../../parts/button.js";
import { Field } from "../../parts/field.js";
import { Page } from "../../parts/page.js";
import { Empty, Failure, Loading } from "../../parts/states.js";
import { Changes } from "./changes.js";

const EMPTY = { bot: "", by: "", action: "", outcome: "", since: "", until: "" };

/** The beginning of a day where the reader is, as the API wants it; `plus` days later. */
const startOf = (text, plus = 0) => {
  if (!text) return undefined;
  const [year, month, day] = text.split("-").map(Number);
  return new Date(year, month - 1, day + plus).toISOString();
};

export default function Audit({ query }) {
  const filter = { ...EMPTY, ...query };
  const wanted = useDelayed(JSON.stringify(filter));
  const list = usePages((cursor, abort) => {
    const { since, until, ...rest } = JSON.parse(wanted);
    return get("/audit", { ...rest, since: startOf(since), until: startOf(until, 1), cursor, limit: 50 }, { signal: abort });
  }, [wanted]);
  const change = (name) => (value) => replaceQuery({ ...filter, [name]: value });
  const choose = (name) => (event) => change(name)(event.target.value);
  const actions = useMemo(() => [...new Set(list.items?.map(({ action }) => action))].sort(), [list.items]);
  const isFiltered = Object.values(filter).some(Boolean);
  return html`<${Page} title="Audit log"
    lead="Every change to the platform. Nothing here can be changed or deleted; secrets and customers' words are left out.">
    <form class="filters" role="search" onSubmit=${(event) => event.preventDefault()}>
      <${Field} label="Bot" as="select" value=${filter.bot} onChange=${choose("bot")}><option
        value="">Everything</option>${(bots.value || []).map(({ name, title }) => html`<option key=${name}
          value=${name}>${title || name}</option>`)}<//>
      <${Field} label="Who" placeholder="name or id" value=${filter.by} onInput=${change("by")} />
      <${Field} label="Action" placeholder="Promote a release" list="audit-actions" value=${filter.action} onInput=${change("action")} />
      <datalist id="audit-actions">${actions.map((action) => html`<option key=${action} value=${action} />`)}</datalist>
      <${Field} label="Outcome" as="select" value=${filter.outcome} onChange=${choose("outcome")}><option value="">Any</option><option
        value="done">Done</option><option value="refused">Refused</option><//>
      <${Field} label="From" type="date" value=${filter.since} onInput=${change("since")} />
      <${Field} label="To" type="date" value=${filter.until} onInput=${change("until")} />
    </form>
    <${Failure} error=${list.error} onRetry=${list.reload} />
    ${!list.items ? !list.error && html`<${Loading} />`
      : html`${list.items.length === 0 && !list.hasMore
        ? html`<${Empty} title=${isFiltered ? "No entry fits" : "No entry yet"}
          action=${isFiltered && html`<${Button} onClick=${() => replaceQuery({})}>Show all<//>`}>
            ${isFiltered ? "An action is written exactly as the log has it." : "Changes over these pages, the admin API and the commands appear here."}<//>`
        : html`<ol class="audit" aria-label="Entries">${list.items.map((entry) => html`<li key=${entry.id}>
            <div class="between"><h2>${entry.action}${entry.outcome === "refused" && html` <${Badge} kind="bad">refused<//>`}</h2>
              <span class="muted small-text"><${Ago} at=${entry.at} /></span></div>
            <p class="small-text muted">by <button type="button" class="plain-link" title="Show only theirs"
              onClick=${() => change("by")(entry.by)}>${entry.by_name || entry.by}</button>
              ${" on "}${moment(entry.at)}${entry.bot && html`, bot <strong>${entry.bot}</strong>`}${
                entry.target && html`, <code>${entry.target}</code>`}${entry.address && html`, from ${entry.address}`}</p>
            <${Changes} before=${entry.before} after=${entry.after} /></li>`)}</ol>`}
        ${list.hasMore && html`<${Button} isBusy=${list.isLoading} onClick=${list.more}>Earlier entries<//>`}`}
  <//>`;
}
