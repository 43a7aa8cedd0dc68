import { html } from "../../lib/html.js";
import { count, moment } from "../../lib/format.js";
import { get, path } from "../../lib/http.js";
import { useLoad } from "../../lib/load.js";
import { Loaded } from "../../parts/states.js";

/** How many tokens the bot has used of its hour and its month. */
export function LlmBudget({ bot }) {
  const load = useLoad((signal) => get(path`/bots/${bot}/settings/llm/usage`, {}, { signal }), [bot]);
  const price = ({ prompt_price: prompt, completion_price: completion }) => (prompt === null || completion === null
    ? "No price is set, so no cost is computed." : `A million tokens cost ${prompt} to send and ${completion} to write.`);
  return html`<section class="card" aria-label="Budget"><h2>Budget</h2>
    <${Loaded} load=${load}>${(usage) => html`<div class="grid">${usage.budgets.map(({ period, limit, used, ends_at: end }) => html`<div class="stat" key=${period}>
        <span class="muted">This ${period}</span><span class="value">${count(used)}</span><span>of ${count(limit)} tokens</span>
        <span class="meter" aria-hidden="true"><span style=${{ width: `${limit ? Math.min(100, (used / limit) * 100) : 100}%` }}></span></span>
        <span class="muted small-text">until ${moment(end)}</span></div>`)}</div>
      <p class="hint">Beyond it the trained model answers alone; nothing fails. The limits are settings of the servers, <code>INTENTLOOP_LLM_TOKENS_PER_HOUR</code> and <code>INTENTLOOP_LLM_TOKENS_PER_MONTH</code>. ${price(usage)}</p>`}<//>
  </section>`;
}
