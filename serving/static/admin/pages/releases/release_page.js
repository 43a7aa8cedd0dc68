import { html, useState } from "../../lib/html.js";
import { get, path } from "../../lib/http.js";
import { useLoad } from "../../lib/load.js";
import { placesOf } from "../../lib/releases.js";
import { link } from "../../lib/router.js";
import { may } from "../../lib/session.js";
import { Ago } from "../../parts/ago.js";
import { Badge } from "../../parts/badge.js";
import { Button } from "../../parts/button.js";
import { OutsideLink } from "../../parts/outside_link.js";
import { Page } from "../../parts/page.js";
import { Loaded } from "../../parts/states.js";
import { Better } from "./better.js";
import { Checks } from "./checks.js";
import { Confusions } from "./confusions.js";
import { Conversations } from "./conversations.js";
import { Measured } from "./measured.js";
import { Move } from "./move.js";
import { Relabelled } from "./relabelled.js";
import { VerdictCard } from "./verdict_card.js";

/** The verdict about a release, as a page to read. */
export function ReleasePage({ bot, version }) {
  const load = useLoad((signal) => get(path`/bots/${bot}/releases/${version}`, {}, { signal }), [bot, version]);
  const live = useLoad((signal) => get(path`/bots/${bot}/releases/live`, {}, { signal }), [bot]);
  const measured = useLoad((signal) => get(path`/bots/${bot}/releases/${version}/measured`, {}, { signal }), [bot, version]);
  const [move, setMove] = useState(null);
  const reload = () => Promise.all([load.reload(), live.reload()]);
  const release = load.data;
  const actions = release && html`<${Actions} bot=${bot} release=${release} live=${live.data} onMove=${setMove} />`;
  return html`<${Page} title=${`Release ${version}`} back=${{ href: link(["bots", bot, "releases"]), title: "Train and releases" }}
    actions=${actions}>
    <${Loaded} load=${load}>${(shown) => html`
      <p class="row">${placesOf(shown).map(({ kind, word }) => html`<${Badge} key=${word} kind=${kind}>${word}<//>`)}
        <span class="muted">Made <${Ago} at=${shown.registered_at} /></span>
        ${shown.promoted_at && html`<span class="muted">Promoted <${Ago} at=${shown.promoted_at} /></span>`}
        <${OutsideLink} href=${shown.page}>Version in MLflow<//><${OutsideLink} href=${shown.run_page}>Its training in MLflow<//></p>
      <${VerdictCard} bot=${bot} release=${shown} />
      <${Loaded} load=${measured}>${(tables) => html`
        <${Relabelled} measured=${tables} />
        <${Better} bot=${bot} version=${version} measured=${tables} />
        <${Conversations} bot=${bot} version=${version} measured=${tables} live=${live.data} />
        <${Checks} measures=${shown.gate?.measures || []} />
        <${Measured} bot=${bot} title="By intent" what="Intent" page="intents" rows=${tables.intents} />
        <${Confusions} bot=${bot} rows=${tables.confusions} />
        <${Measured} bot=${bot} title="By entity" what="Entity" page="entities" rows=${tables.entities} />`}<//>`}<//>
    ${move && html`<${Move} bot=${bot} move=${move} live=${live.data} onMoved=${reload} onStale=${reload}
      onClose=${() => setMove(null)} />`}
  <//>`;
}

function Actions({ bot, release, live, onMove }) {
  const { version } = release;
  const other = live?.release?.version;
  const mayMove = may("operator", bot) && live && !release.is_live;
  return html`${other && other !== version && html`<${Button}
    href=${link(["bots", bot, "releases", "compare", other, version])}>Compare with release ${other}<//>`}
    ${may("author", bot) && html`<${Button} href=${link(["bots", bot, "try"], { release: release.is_live ? "" : version })}>Try it<//>`}
    ${mayMove && release.verdict === "passed" && html`<${Button} kind="primary"
      onClick=${() => onMove({ kind: "promote", version, release })}>Promote<//>`}`;
}
