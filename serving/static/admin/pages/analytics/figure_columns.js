import { html } from "../../lib/html.js";
import { SHARES, conversationsOf, costInWords, evidenceOf, shareInWords } from "../../lib/figures.js";
import { count } from "../../lib/format.js";
import { may } from "../../lib/session.js";

/** Columns with all figures of a row, each of which leads to its conversations. `periodOf(row)`, `queryOf(row)` say which. */
export function figureColumns(bot, periodOf, queryOf = () => ({})) {
  const to = (row, query, words) => (may("labeller", bot)
    ? html`<a href=${conversationsOf(bot, periodOf(row), { ...queryOf(row), ...query })}>${words}</a>`
    : words);
  const rounded = (share) => (share * 100).toFixed(0);
  return [
    {
      title: "Messages", class: "number figure", value: ({ figures }) => figures.messages,
      cell: (row) => (row.figures.messages ? to(row, {}, count(row.figures.messages)) : "0"),
    },
    {
      title: "Conversations", class: "number figure", value: ({ figures }) => figures.conversations,
      cell: ({ figures }) => count(figures.conversations),
    },
    ...SHARES.map(({ name, title, query }) => ({
      title, class: "number figure", value: ({ figures }) => figures[name].share,
      cell: ({ figures: { [name]: figure }, ...row }) => (figure.share === null ? "–" : html`<span title=${evidenceOf(figure)}>
        ${to(row, query, shareInWords(figure))}
        <span class="muted small-text"> (${rounded(figure.low)} to ${rounded(figure.high)})</span></span>`),
    })),
    { title: "Cost", class: "number figure", value: ({ figures }) => figures.cost, cell: ({ figures }) => costInWords(figures.cost) },
  ];
}
