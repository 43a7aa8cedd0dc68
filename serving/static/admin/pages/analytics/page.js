// What happened to customers' messages, by day and by release.

import { html, useEffect } from "../../lib/html.js";
import { dayBefore } from "../../lib/figures.js";
import { get, path } from "../../lib/http.js";
import { useLoad } from "../../lib/load.js";
import { Page } from "../../parts/page.js";
import { Empty, Loaded } from "../../parts/states.js";
import { Charts } from "./charts.js";
import { DayTable } from "./day_table.js";
import { Period } from "./period.js";
import { ReleaseTable } from "./release_table.js";
import { Totals } from "./totals.js";

const AGAIN_MS = 500;
const DAYS = 14;

export default function Analytics({ bot, query }) {
  const days = Number(query.days) || DAYS;
  const until = query.until || dayBefore(0);
  const since = query.since || dayBefore(days - 1);
  const load = useLoad((signal) => get(path`/bots/${bot}/analytics`, { since, until }, { signal }), [bot, since, until]);
  const isCounting = load.data && !load.data.is_complete;
  useEffect(() => {
    if (!isCounting) return undefined;
    const timer = setTimeout(load.reload, AGAIN_MS);
    return () => clearTimeout(timer);
  }, [load.data]);
  const period = { since, until };
  return html`<${Page} title="Analytics" isWide
    lead="Days are in UTC. The range in brackets is the 95 % interval: with few messages, a share can be far off by chance.">
    <${Period} key=${`${since}/${until}`} bot=${bot} query=${query} since=${since} until=${until} days=${days} />
    <${Loaded} load=${load}>${(shown) => html`
      ${isCounting && html`<p class="note" role="status">Still counting; the newest days come first.</p>`}
      ${shown.figures.messages === 0 && shown.is_complete
        ? html`<${Empty} title="No messages in this period">Choose another one, or connect a channel.<//>`
        : html`<${Totals} bot=${bot} period=${period} figures=${shown.figures} />
          <${Charts} days=${shown.days} />
          <${ReleaseTable} bot=${bot} period=${period} rows=${shown.releases} />
          <${DayTable} bot=${bot} rows=${shown.days} />`}`}<//>
  <//>`;
}
