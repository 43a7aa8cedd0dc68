import { html } from "../../lib/html.js";
import { SHARES, costInWords } from "../../lib/figures.js";
import { count, percent } from "../../lib/format.js";
import { Chart } from "../../parts/chart.js";

/** A chart for each figure that has a value on some day. */
export function Charts({ days }) {
  const names = days.map(({ day }) => day);
  const of = (pick) => days.map(({ figures }) => pick(figures));
  const share = (name, part) => of((figures) => (figures[name].share === null ? null : figures[name][part]));
  const shown = SHARES.filter(({ name }) => share(name, "share").some((value) => value !== null));
  const hasCost = days.some(({ figures }) => figures.cost !== null);
  return html`<div class="charts">
    <${Chart} title="Messages" subtitle="of customers" days=${names} values=${of(({ messages }) => messages)} tell=${count} isWhole />
    ${shown.map(({ name, title, means }) => html`<${Chart} key=${name} title=${title} subtitle=${means} days=${names}
      tell=${(value) => percent(value, 0)}
      values=${share(name, "share")} low=${share(name, "low")} high=${share(name, "high")} />`)}
    ${hasCost && html`<${Chart} title="Cost of the language model" days=${names} values=${of(({ cost }) => cost)} tell=${costInWords} />`}
  </div>`;
}
