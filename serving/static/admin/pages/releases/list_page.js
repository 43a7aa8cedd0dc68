import { html, useEffect, useState } from "../../lib/html.js";
import { get, path } from "../../lib/http.js";
import { useLoad, usePages } from "../../lib/load.js";
import { Page } from "../../parts/page.js";
import { Empty, Failure, Loaded } from "../../parts/states.js";
import { Button } from "../../parts/button.js";
import { ChooseTwo } from "./choose_two.js";
import { Journal } from "./journal.js";
import { Live } from "./live.js";
import { Move } from "./move.js";
import { ReleaseTable } from "./release_table.js";
import { Train } from "./train.js";
import { Trials } from "./trials.js";

const SETTLE_MS = 2000;

/** What answers, training a new release, and all releases. */
export function ListPage({ bot }) {
  const live = useLoad((signal) => get(path`/bots/${bot}/releases/live`, {}, { signal }), [bot]);
  const trainings = useLoad((signal) => get(path`/bots/${bot}/trainings`, { limit: 20 }, { signal }), [bot]);
  const releases = usePages((cursor, signal) => get(path`/bots/${bot}/releases`, { limit: 50, cursor }, { signal }), [bot]);
  const [move, setMove] = useState(null);
  const [moves, setMoves] = useState(0);
  const reload = () => Promise.all([live.reload(), releases.reload()]);
  const onMoved = () => {
    setMoves(moves + 1);
    return reload();
  };
  const { release, answering, problem } = live.data || {};
  const isSettling = Boolean(release) && answering !== release.version && !problem;
  useEffect(() => {
    if (!isSettling) return undefined;
    const timer = setTimeout(live.reload, SETTLE_MS);
    return () => clearTimeout(timer);
  }, [isSettling, live.data]);
  // the registry's word: the servers notice a trial some seconds later
  const tried = (alias) => releases.items.find(({ aliases }) => aliases.includes(alias))?.version;
  const onTrained = () => Promise.all([trainings.reload(), reload()]);
  return html`<${Page} title="Train and releases" lead="A training makes a release of the draft and judges it. Customers meet it when somebody promotes it.">
    <${Loaded} load=${live}>${(shown) => html`<${Live} bot=${bot} live=${shown} onMove=${setMove} />`}<//>
    <${Loaded} load=${trainings}>${(shown) => html`<${Train} bot=${bot} trainings=${shown} live=${live.data} onEnd=${onTrained} onMade=${releases.reload} />`}<//>
    ${releases.items && html`<${Trials} bot=${bot} canary=${tried("canary")} shadow=${tried("shadow")} onMove=${setMove} />`}
    <section class="stack" aria-labelledby="all-releases"><h2 id="all-releases">Releases</h2>
      <${Failure} error=${releases.error} onRetry=${releases.reload} />
      ${releases.items && (releases.items.length === 0
        ? html`<${Empty} title="No release yet">Train the bot: that makes its first release.<//>`
        : html`<${ReleaseTable} bot=${bot} releases=${releases.items} trainings=${trainings.data || []} live=${live.data} onMove=${setMove} />`)}
      ${releases.hasMore && html`<div><${Button} isBusy=${releases.isLoading} onClick=${releases.more}>Show older releases<//></div>`}
      ${releases.items?.length > 1 && html`<${ChooseTwo} bot=${bot} versions=${releases.items.map(({ version }) => version)} />`}
    </section>
    <${Journal} key=${moves} bot=${bot} isOpen=${moves > 0} />
    ${move && html`<${Move} bot=${bot} move=${move} live=${live.data} onMoved=${onMoved} onStale=${reload} onClose=${() => setMove(null)} />`}
  <//>`;
}
