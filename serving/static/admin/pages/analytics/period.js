import { html, useState } from "../../lib/html.js";
import { go, link } from "../../lib/router.js";
import { Button } from "../../parts/button.js";
import { Field } from "../../parts/field.js";

const CHOICES = [[7, "7 days"], [14, "14 days"], [28, "4 weeks"], [91, "3 months"]];

/** The choice of a period; it is part of the address. */
export function Period({ bot, query, since, until, days }) {
  const isOwn = Boolean(query.since || query.until);
  const [from, setFrom] = useState(since);
  const [to, setTo] = useState(until);
  const show = (event) => {
    event.preventDefault();
    go(["bots", bot, "analytics"], { since: from, until: to });
  };
  return html`<div class="row end period">
    <nav class="row" aria-label="Period">${CHOICES.map(([number, words]) => html`<a key=${number} href=${link(["bots", bot, "analytics"], { days: number })}
      aria-current=${!isOwn && number === days ? "true" : undefined}>${words}</a>`)}</nav>
    <form class="row end" onSubmit=${show}>
      <${Field} label="From" type="date" required value=${from} max=${to} onInput=${setFrom} />
      <${Field} label="To" type="date" required value=${to} min=${from} onInput=${setTo} />
      <${Button} type="submit">Show<//></form>
  </div>`;
}
