import { html } from "../../lib/html.js";
import { counted } from "../../lib/format.js";
import { capital } from "../../lib/releases.js";
import { link } from "../../lib/router.js";

const SURE = 0.05;

/** What got better and what got worse beside the release that answered before, and whether that may be chance. */
export function Better({ bot, version, measured }) {
  const { compared_with: other, tests } = measured;
  if (!other) return html`<section class="card"><h2>Better or worse?</h2><p class="muted">No release answered when this one was judged, so there is nothing to compare it with.</p></section>`;
  const better = tests.filter((test) => test.only_this > test.only_other);
  const worse = tests.filter((test) => test.only_this < test.only_other);
  const same = tests.filter((test) => test.only_this === test.only_other);
  return html`<section class="card" aria-labelledby="better"><h2 id="better">Better or worse than release ${other}?</h2>
    <${Group} title="Better" tests=${better} other=${other} />
    <${Group} title="Worse" tests=${worse} other=${other} />
    ${same.length > 0 && html`<p><strong>As good:</strong> ${same.map(({ subject }) => subject).join(", ")}.</p>`}
    <p class="small-text"><a href=${link(["bots", bot, "releases", "compare", other, version])}>Compare both, intent by intent</a></p></section>`;
}

function Group({ title, tests, other }) {
  if (tests.length === 0) return null;
  return html`<div><h3>${title}</h3><ul class="bullets">${tests.map((test) => html`<li key=${test.subject}>
    <strong>${capital(test.subject)}</strong>: of ${counted(test.utterances, "sentence")}, only this one gets ${test.only_this} right and only release ${other} ${test.only_other}.
    <span class="muted"> ${test.chance < SURE ? "That is more than chance." : "That may be chance."}</span></li>`)}</ul></div>`;
}
