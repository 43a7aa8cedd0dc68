import { html } from "../../lib/html.js";
import { SHARES, conversationsOf, costInWords, evidenceOf, shareInWords } from "../../lib/figures.js";
import { count } from "../../lib/format.js";
import { may } from "../../lib/session.js";

/** Columns with all figures of a row, each of which leads to its conversations. `periodOf(row)`, `queryOf(row)` say which. */
export function figureColumns(bot, periodOf, queryOf = () => ({})) {
  const to = (row, query, words) => (may("labeller", bot) ? html`<a href=${conversationsOf(bot, periodOf(row), { ...queryOf(row), ...query })}>${words}</a>` : words);
  const rounded = (share) => (share * 100).toFixed(0);
  return [
    { title: "Messages", class: "number", value: ({ figures }) => figures.messages, cell: (row) => (row.figures.messages ? to(row, {}, count(row.figures.messages)) : "0") },
    { title: "Conversations", class: "number", value: ({ figures }) => figures.conversations, cell: ({ figures }) => count(figures.conversations) },
    ...SHARES.map(({ name, title, query }) => ({
      title, class: "number", value: ({ figures }) => figures[name].share,
      cell: (row) => (row.figures[name].share === null ? "–" : html`<span title=${evidenceOf(row.figures[name])}>${to(row, query, shareInWords(row.figures[name]))}
        <span class="muted small-text"> (${rounded(row.figures[name].low)} to ${rounded(row.figures[name].high)})</span></span>`),
    })),
    { title: "Cost", class: "number", value: ({ figures }) => figures.cost, cell: ({ figures }) => costInWords(figures.cost) },
  ];
}
