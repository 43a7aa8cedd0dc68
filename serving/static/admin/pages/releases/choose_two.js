import { html, useState } from "../../lib/html.js";
import { go } from "../../lib/router.js";
import { Button } from "../../parts/button.js";
import { Field } from "../../parts/field.js";

/** Choose two releases, and go where they stand beside each other. `versions`: the newest first. */
export function ChooseTwo({ bot, versions, first: from, second: to }) {
  const [first, setFirst] = useState(from || versions[1]);
  const [second, setSecond] = useState(to || versions[0]);
  const submit = (event) => {
    event.preventDefault();
    go(["bots", bot, "releases", "compare", first, second]);
  };
  const options = (chosen) => [...new Set([chosen, ...versions])].map((version) => html`<option key=${version} value=${version}>Release ${version}</option>`);
  return html`<form class="row end" onSubmit=${submit}>
    <${Field} label="Compare" as="select" value=${first} onChange=${(event) => setFirst(event.target.value)}>${options(first)}<//>
    <${Field} label="with" as="select" value=${second} onChange=${(event) => setSecond(event.target.value)}>${options(second)}<//>
    <${Button} type="submit" disabled=${first === second}>Compare<//>
  </form>`;
}
