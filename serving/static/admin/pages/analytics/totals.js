import { html } from "../../lib/html.js";
import { SHARES, conversationsOf, costInWords, evidenceOf, shareInWords } from "../../lib/figures.js";
import { count, counted } from "../../lib/format.js";
import { may } from "../../lib/session.js";

/** The figures of a whole period; each leads to its conversations. */
export function Totals({ bot, period, figures }) {
  const mayRead = may("labeller", bot);
  const stat = (title, value, detail, query, means) => {
    const inside = html`<span class="muted">${title}</span><span class="value">${value}</span>
      <span class="small-text muted">${detail}</span>${means && html`<span class="small-text muted">${means}</span>`}`;
    return html`<li key=${title}>${mayRead
      ? html`<a class="stat" href=${conversationsOf(bot, period, query)}>${inside}</a>`
      : html`<div class="stat">${inside}</div>`}</li>`;
  };
  const tokens = `${count(figures.prompt_tokens + figures.completion_tokens)} tokens`;
  return html`<ul class="figures" aria-label="The whole period">
    ${stat("Messages", count(figures.messages), `in ${counted(figures.conversations, "conversation")}`, {})}
    ${SHARES.map(({ name, title, query, means }) => stat(title, shareInWords(figures[name]), evidenceOf(figures[name]), query, means))}
    ${stat("Cost of the language model", costInWords(figures.cost), figures.cost === null ? "no prices are set" : tokens, { having: "llm" })}
  </ul>`;
}
