// The settings of a bot, in tabs.

import { html } from "../../lib/html.js";
import { link } from "../../lib/router.js";
import { may } from "../../lib/session.js";
import { Page } from "../../parts/page.js";
import { Empty } from "../../parts/states.js";
import { Tabs } from "../../parts/tabs.js";
import { ChatAccess } from "./chat_access.js";
import { General } from "./general.js";
import { LanguageModel } from "./language_model.js";
import { Privacy } from "./privacy.js";
import { Understanding } from "./understanding.js";

const TABS = [
  { name: "general", title: "General", shown: General, role: "viewer" },
  { name: "understanding", title: "Understanding", shown: Understanding, role: "viewer" },
  { name: "language-model", title: "Language model", shown: LanguageModel, role: "viewer" },
  { name: "privacy", title: "Privacy", shown: Privacy, role: "viewer" },
  { name: "access", title: "Who may chat", shown: ChatAccess, role: "operator" },
];

export default function Settings({ bot, rest }) {
  const name = rest[0] || "general";
  const tab = TABS.find((each) => each.name === name);
  const tabs = TABS.filter(({ role }) => may(role, bot)).map((each) => ({ ...each, href: link(["bots", bot, "settings", each.name]) }));
  return html`<${Page} title="Settings">
    <${Tabs} label="Settings" tabs=${tabs} current=${name} />
    ${!tab ? html`<${Empty} title="There is no such tab" />`
      : !may(tab.role, bot) ? html`<${Empty} title="You may not see this tab">It needs the role ${tab.role}.<//>`
      : html`<${tab.shown} key=${name} bot=${bot} />`}
  <//>`;
}
