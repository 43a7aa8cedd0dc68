import { html } from "../../lib/html.js";
import { placesOf } from "../../lib/releases.js";
import { link } from "../../lib/router.js";
import { may } from "../../lib/session.js";
import { Ago } from "../../parts/ago.js";
import { Badge } from "../../parts/badge.js";
import { Button } from "../../parts/button.js";
import { Share } from "../../parts/share.js";
import { Table } from "../../parts/table.js";
import { Verdict } from "../../parts/verdict.js";

/** All releases, the newest first: what was measured, where each is in use, and what can be done with it. */
export function ReleaseTable({ bot, releases, trainings, live, onMove }) {
  const byVersion = new Map(trainings.filter(({ version }) => version).map((training) => [training.version, training.by]));
  const madeBy = ({ version, copied_from: origin }) => (byVersion.has(version)
    ? `by ${byVersion.get(version)}`
    : origin ? `copied from ${origin}` : "");
  const columns = [
    { title: "Release", isHeading: true, class: "nowrap", cell: (release) => html`
        <a href=${link(["bots", bot, "releases", release.version])}>Release ${release.version}</a>
        ${placesOf(release).map(({ kind, word }) => html` <${Badge} key=${word} kind=${kind}>${word}<//>`)}` },
    { title: "Made", cell: (release) => html`<span class="nowrap"><${Ago} at=${release.registered_at} /></span>
        <div class="muted small-text">${madeBy(release)}</div>` },
    { title: "Verdict", class: "wide-cell", cell: (release) => html`<${Verdict} release=${release} isShort />` },
    { title: "Accuracy", class: "number", cell: ({ accuracy }) => (accuracy ? html`<${Share} ...${accuracy} />` : "–") },
    { title: "Actions", isUnseen: true, cell: (release) => html`<${Actions} bot=${bot} release=${release} live=${live}
      onMove=${onMove} />` },
  ];
  return html`<${Table} caption="Releases" columns=${columns} rows=${releases} keyOf=${(release) => release.version} />`;
}

function Actions({ bot, release, live, onMove }) {
  if (release.is_live || !may("operator", bot) || !live) return null;
  const begin = (kind) => () => onMove({ kind, version: release.version, release });
  const name = `release ${release.version}`;
  const isPromotable = release.verdict === "passed";
  return html`<div class="actions end">
    ${live.release && !release.aliases.includes("shadow") && html`<${Button} isSmall aria-label=${`Try ${name} as a shadow`}
      onClick=${begin("shadow")}>Shadow<//>`}
    ${isPromotable && live.release && !release.aliases.includes("canary") && html`<${Button} isSmall
      aria-label=${`Try ${name} as a canary`} onClick=${begin("canary")}>Canary<//>`}
    ${isPromotable && html`<${Button} isSmall aria-label=${`Promote ${name}`} onClick=${begin("promote")}>Promote<//>`}
  </div>`;
}
