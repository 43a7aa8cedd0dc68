import { html, useState } from "../../lib/html.js";
import { get, path } from "../../lib/http.js";
import { useLoad } from "../../lib/load.js";
import { link } from "../../lib/router.js";
import { may } from "../../lib/session.js";
import { useTask } from "../../lib/tasks.js";
import { Button } from "../../parts/button.js";
import { Field } from "../../parts/field.js";
import { Page } from "../../parts/page.js";
import { Progress } from "../../parts/progress.js";
import { Empty, Loaded } from "../../parts/states.js";
import { Verdict } from "../../parts/verdict.js";
import { CompareResult } from "./compare_result.js";
import { Conversations } from "./conversations.js";
import { LoggedFigures } from "./logged_figures.js";

/** Two releases beside each other: what was logged at once; on the same sentences, and on stored conversations, on demand. */
export function ComparePage({ bot, first, second }) {
  const back = { href: link(["bots", bot, "releases"]), title: "Train and releases" };
  if (!first || !second) return html`<${Page} title="Compare" back=${back}><${Empty}
    title="Choose two releases">Do so on the page before.<//><//>`;
  return html`<${Two} bot=${bot} first=${first} second=${second} back=${back} />`;
}

function Two({ bot, first, second, back }) {
  const load = useLoad((signal) => get(path`/bots/${bot}/releases/compare`, { first, second }, { signal }), [bot, first, second]);
  const task = useTask(bot);
  const [on, setOn] = useState("held_out");
  const compare = () => task.start(path`/bots/${bot}/releases/compare`, { first, second, on });
  const result = task.work?.state === "done" ? task.work.result : null;
  const swap = html`<${Button} href=${link(["bots", bot, "releases", "compare", second, first])}>Swap<//>`;
  return html`<${Page} title=${`Release ${first} and release ${second}`} back=${back} actions=${swap}>
    <${Loaded} load=${load}>${(logged) => html`
      <div class="grid">${[logged.first, logged.second].map((release) => html`<div class="card" key=${release.version}>
        <h2><a href=${link(["bots", bot, "releases", release.version])}>Release ${release.version}</a></h2><${Verdict}
          release=${release} /></div>`)}</div>
      <section class="card" aria-labelledby="same"><h2 id="same">On the same sentences</h2>
        <p class="muted">Both read the same sentences, so that a difference is theirs alone. It takes a moment.</p>
        ${may("author", bot) && !task.isRunning && html`<div class="row end"><${Field} label="Sentences" as="select" value=${on}
          onChange=${(event) => setOn(event.target.value)}>
          <option value="held_out">Examples that neither has learnt</option><option value="test_set">The bot's test set</option><//>
          <${Button} kind="primary" onClick=${compare}>Compare on them<//></div>`}
        <${Progress} task=${task} title="Comparing" onCancel=${task.cancel} />
        ${result && html`<${CompareResult} bot=${bot} result=${result} />`}
      </section>
      <${Conversations} bot=${bot} version=${second} against=${first} />
      <${LoggedFigures} logged=${logged} />`}<//>
  <//>`;
}
