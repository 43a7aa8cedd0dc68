// What the data gate finds in the draft: a list to work off.

import { html, useEffect, useState } from "../../lib/html.js";
import { entitiesOf } from "../../lib/bots.js";
import { counted } from "../../lib/format.js";
import { get, path } from "../../lib/http.js";
import { useLoad, usePages } from "../../lib/load.js";
import { capital } from "../../lib/releases.js";
import { replaceQuery } from "../../lib/router.js";
import { may } from "../../lib/session.js";
import { Ago } from "../../parts/ago.js";
import { Badge } from "../../parts/badge.js";
import { Button } from "../../parts/button.js";
import { Confirm } from "../../parts/dialog.js";
import { Field } from "../../parts/field.js";
import { MeasuredList } from "../../parts/measured_list.js";
import { Page } from "../../parts/page.js";
import { Progress } from "../../parts/progress.js";
import { Empty, Failure, Loading } from "../../parts/states.js";
import { Finding, SEVERITIES } from "./finding.js";
import { useWork } from "./work.js";

const LEAD = "What is wrong with the examples, intents, entities and tools of the draft. Errors stop a training.";
const CHECKED = "It looks for texts in two intents, annotations that miss their value, personal data, tools that cannot be called "
  + "and some forty other faults. Many are repaired on a click.";

export default function Findings({ bot, query }) {
  const { check = "", severity = "", intent = "" } = query;
  const [head, setHead] = useState(null);
  const list = usePages(async (cursor, abort) => {
    const page = await get(path`/bots/${bot}/draft/findings`, { check, severity, intent, cursor, limit: 50 }, { signal: abort });
    setHead(page);
    return page;
  }, [bot, check, severity, intent]);
  const work = useWork(bot, list.reload);
  const mayEdit = may("author", bot);
  const [isAsking, setAsking] = useState(false);
  useEffect(() => {
    if (head?.under_way && !work.task.isRunning) work.task.watch(head.under_way);
  }, [head?.under_way]);
  const isBusy = work.task.isRunning;
  const actions = mayEdit && head && html`
    ${head.n_repairable > 0 && html`<${Button} disabled=${isBusy} onClick=${() => setAsking(true)}>Repair all ${head.n_repairable}<//>`}
    ${head.can_undo && html`<${Button} disabled=${isBusy} isBusy=${work.undo.isBusy} onClick=${work.undo.run}>Undo the last repair<//>`}
    ${head.task_id && html`<${Button} kind="primary" disabled=${isBusy} onClick=${work.check}>Check again<//>`}`;
  return html`<${Page} title="Findings" lead=${LEAD} actions=${actions}>
    <${Progress} task=${work.task} title="Checking the draft" onCancel=${mayEdit ? work.task.cancel : undefined} />
    <${Failure} error=${list.error} onRetry=${list.reload} />
    ${!head && list.isLoading && html`<${Loading} />`}
    ${head && html`<${When} head=${head} /><${Filters} head=${head} query=${query} /><${List} bot=${bot} head=${head} list=${list}
      query=${query} work=${work} mayEdit=${mayEdit} />`}
    ${isAsking && html`<${Confirm} title="Make every safe repair?" confirm="Repair" kind="primary" onClose=${() => setAsking(false)}
      onConfirm=${() => work.repair(null)}>
      <p>${counted(head.n_repairable, "example or intent", "examples or intents")} of the draft change.
        The repair can be undone, as long as nobody edits them afterwards.</p><//>`}
  <//>`;
}

/** When the draft was checked, and whether that still tells something. */
function When({ head }) {
  if (!head.task_id) return null;
  return html`<div class="row" role="status">
    <span>Checked <${Ago} at=${head.validated_at} /></span>
    ${head.is_current === true && html`<${Badge} kind="good">The draft has not changed since<//>`}
    ${head.is_current === false && html`<${Badge} kind="warn">The draft has changed since: check again<//>`}
    ${Object.entries(head.counts).filter(([, count]) => count > 0).map(([severity, count]) => html`
      <${Badge} key=${severity} kind=${SEVERITIES[severity]?.kind} title=${SEVERITIES[severity]?.hint}>${counted(count, severity)}<//>`)}
    ${head.n_left_out > 0 && html`<span
      class="muted">${counted(head.n_left_out, "more finding")} did not fit into the list; repair some and check again.</span>`}
  </div>`;
}

function Filters({ head, query }) {
  if (!head.by_check.length) return null;
  const choose = (name) => (event) => replaceQuery({ ...query, [name]: event.target.value });
  const choice = (name, label, every, rows) => html`<${Field} label=${label} as="select" value=${query[name] || ""}
    onChange=${choose(name)}>
    <option value="">${every}</option>${rows.map(({ name: value, title, count }) => html`<option key=${value}
      value=${value}>${name === "intent" ? title : capital(title)} (${count})</option>`)}<//>`;
  const severities = Object.entries(head.counts).filter(([, count]) => count > 0).map(([name, count]) => ({ name, title: name, count }));
  return html`<div class="row">${choice("severity", "Severity", "Every severity", severities)}
    ${choice("check", "Check", "Every check", head.by_check)}
    ${choice("intent", "Intent", "Every intent", head.by_intent)}</div>`;
}

function List({ bot, head, list, query, work, mayEdit }) {
  const entities = useLoad(() => entitiesOf(bot), [bot]);
  if (!head.task_id) {
    return html`<${Empty} title="The draft was not checked yet" action=${mayEdit && html`<${Button} kind="primary"
      disabled=${work.task.isRunning} onClick=${work.check}>Check the draft now<//>`}>${CHECKED}<//>`;
  }
  const items = list.items || [];
  if (items.length === 0 && !list.isLoading) {
    const isFiltered = Object.values(query).some(Boolean);
    return isFiltered
      ? html`<${Empty} title="No finding fits these choices" action=${html`<${Button} onClick=${() => replaceQuery({})}>Show all<//>`} />`
      : html`<${Empty} title="Nothing was found">${CHECKED} The next training begins with the same check.<//>`;
  }
  const names = (entities.data || []).map(({ name }) => name);
  const repair = mayEdit ? (finding) => work.repair([finding.id]) : null;
  if (items.length === 0) return html`<${Loading} />`;
  return html`<${MeasuredList} items=${items} label="Findings" guess=${140} keyOf=${({ id }) => id} onEnd=${list.more}
    row=${(finding) => html`<${Finding} bot=${bot} finding=${finding} entities=${names} onRepair=${repair}
      isBusy=${work.task.isRunning} />`} />`;
}
