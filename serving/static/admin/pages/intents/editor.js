import { html, useEffect, useMemo } from "../../lib/html.js";
import { entitiesOf, forgetNames, intentsOf } from "../../lib/bots.js";
import { getForEdit, patch, path, post } from "../../lib/http.js";
import { Autosave } from "../../lib/autosave.js";
import { useKeys } from "../../lib/keys.js";
import { useLoad } from "../../lib/load.js";
import { guardLeaving, link } from "../../lib/router.js";
import { may } from "../../lib/session.js";
import { BothVersions } from "../../parts/both_versions.js";
import { Button } from "../../parts/button.js";
import { Page } from "../../parts/page.js";
import { SaveState } from "../../parts/save_state.js";
import { Empty, Loaded } from "../../parts/states.js";
import { Tabs } from "../../parts/tabs.js";
import { ExamplesDesk } from "./examples_desk.js";
import { ExamplesPart } from "./examples_part.js";
import { QuestionsPart } from "./questions_part.js";
import { RepliesPart } from "./replies_part.js";
import { SettingsPart } from "./settings_part.js";
import { ToolPart } from "./tool_part.js";

const PARTS = { examples: "Examples", replies: "Replies", questions: "Questions", tool: "Tool", settings: "Settings" };
const FIELDS = {
  name: "Name", speechResponse: "Reply", speechResponses: "Other ways to reply", quickReplies: "Buttons", parameters: "Questions",
  apiTrigger: "Whether a tool is called", apiDetails: "Tool", confirm: "Confirm before acting", confirmPrompt: "Question before acting",
  resumePrompt: "What is said on the return to it",
};

/** One intent, part by part; everything that is typed saves itself. */
export function IntentEditor({ bot, intent, part, query }) {
  const where = path`/bots/${bot}/intents/${intent}`;
  const desk = useMemo(() => new ExamplesDesk(bot, intent), [bot, intent]);
  const draft = useMemo(() => new Autosave(`intent/${bot}/${intent}`, ({ changes, etag }) => patch(where, changes, etag)), [where]);
  const load = useLoad((signal) => getForEdit(where, { signal }).then((read) => {
    draft.open(read);
    return true;
  }), [where]);
  const entities = useLoad(() => entitiesOf(bot), [bot]);
  const needsMarked = part === "questions";
  const own = async () => (needsMarked ? (await intentsOf(bot)).find(({ intent_id: id }) => id === intent) : null);
  const summary = useLoad(own, [bot, intent, needsMarked]);
  useEffect(() => {
    const leave = guardLeaving(() => (draft.isLost || desk.outbox.isLost
      ? "Something is not saved yet and this browser cannot keep it. Leave all the same?"
      : null));
    return () => {
      leave();
      desk.outbox.close();
      draft.close();
      forgetNames(bot);
    };
  }, [desk, draft]);
  useKeys({
    "mod+s": { does: "save now", run: () => { draft.save(); desk.outbox.save(); } },
    u: { does: "undo the last change of replies, questions or the tool", run: () => draft.undo() },
  });
  const makeEntity = async (name) => {
    const made = await post(path`/bots/${bot}/entities`, { name });
    forgetNames(bot);
    const added = { name: made.name, value_count: 0, pattern: null, lookup: false, used_by: null };
    entities.set((all) => [...(all || []), added]);
  };
  const mayEdit = may("author", bot);
  const back = { href: link(["bots", bot, "intents"]), title: "Intents" };
  if (load.data === undefined && load.error?.status === 404) {
    const away = html`<${Button} href=${back.href}>To the intents<//>`;
    return html`<${Page} title="Intent" back=${back}><${Empty} title=${`There is no intent with the id “${intent}”`} action=${away}>
      It was deleted or merged, or the address is mistyped.<//><//>`;
  }
  const value = draft.value.value;
  const shared = { bot, intent, draft, value, mayEdit, entities: entities.data || [], onNewEntity: makeEntity };
  const names = shared.entities.map(({ name }) => name);
  const conflict = draft.conflict.value;
  const tabs = Object.entries(PARTS).map(([name, title]) => (
    { name, title, href: link(["bots", bot, "intents", intent, ...(name === "examples" ? [] : [name])]) }));
  const state = part === "examples" ? desk.outbox : draft;
  const actions = mayEdit && load.data && html`<${SaveState} autosave=${state} />
    ${part !== "examples" && html`<${Button} isSmall disabled=${draft.steps.value === 0} title=${draft.steps.value ? "" : "There is nothing to undo"} onClick=${() => draft.undo()}>Undo<//>`}`;
  const isWide = part === "replies" || part === "tool";
  return html`<${Page} title=${value?.name || intent} back=${back} actions=${actions} isWide=${isWide}>
    <${Tabs} label="Parts of the intent" tabs=${tabs} current=${part} />
    <${Loaded} load=${load}>${() => html`<fieldset class="bare" disabled=${!mayEdit && part !== "examples"}>
      ${part === "examples" && html`<${ExamplesPart} bot=${bot} desk=${desk} entities=${names} onNewEntity=${makeEntity} total=${null}
        mayEdit=${mayEdit} query=${query} />`}
      ${part === "replies" && html`<${RepliesPart} ...${shared} />`}
      ${part === "questions" && html`<${QuestionsPart} ...${shared} marked=${summary.data?.entities || []} />`}
      ${part === "tool" && html`<${ToolPart} ...${shared} />`}
      ${part === "settings" && html`<${SettingsPart} ...${shared} />`}
    </fieldset>`}<//>
    ${conflict && !draft.isPutOff.value && html`<${BothVersions} rows=${conflict.fields.map((name) => ({ name: FIELDS[name] || name, mine: value[name], theirs: conflict.theirs[name] }))}
      onMine=${() => draft.resolve("mine")} onTheirs=${() => draft.resolve("theirs")} onClose=${() => { draft.isPutOff.value = true; }} />`}
  <//>`;
}
