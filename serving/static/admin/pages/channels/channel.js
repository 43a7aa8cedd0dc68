import { html } from "../../lib/html.js";
import { listed } from "../../lib/format.js";
import { useEditing } from "../../lib/editing.js";
import { path } from "../../lib/http.js";
import { say } from "../../lib/notices.js";
import { link } from "../../lib/router.js";
import { Badge } from "../../parts/badge.js";
import { Copy } from "../../parts/copy.js";
import { Check } from "../../parts/field.js";
import { SaveBar } from "../../parts/save_bar.js";
import { Loaded } from "../../parts/states.js";
import { ConnectionTest } from "./connection_test.js";
import { PageTokens } from "./page_tokens.js";
import { SecretField } from "./secret_field.js";

/** What the settings of a platform are called, and where they come from. */
const FIELDS = {
  verify: { title: "Verify token", hint: "A word of your choice. Type the same at Meta where you register the webhook." },
  secret: { title: "App secret", hint: "At Meta: App settings, Basic. It proves that events come from Meta." },
  page_access_token: { title: "Page access token", hint: "At Meta: Messenger settings, Generate token. Replies are sent with it." },
};
const titleOf = (name) => FIELDS[name]?.title || name;

/** One channel: whether it works, what it is set to, and a test of its connection. */
export function Channel({ bot, channel }) {
  const editing = useEditing(path`/bots/${bot}/channels/${channel}`, {
    method: "patch",
    fieldsOf: ({ is_enabled: isOn, settings }) => ({ is_enabled: isOn, settings }),
    onSaved: (saved) => say(`${saved.name} is saved, and switched ${saved.is_enabled ? "on" : "off"}.`),
  });
  const submit = (event) => {
    event.preventDefault();
    editing.save();
  };
  return html`<${Loaded} load=${editing.load}>${({ data }) => {
    const { fields, set } = editing;
    const change = (name) => (value) => set("settings", { ...fields.settings, [name]: value });
    const { page_access_tokens: tokens, ...single } = fields.settings;
    return html`<section class="card" aria-label=${data.name}>
      <div class="between"><h2>${data.name}</h2>${data.webhook && html`<${State} data=${data} />`}</div>
      <p class="muted">${data.description}</p>
      ${data.missing.length > 0 && html`<p class=${data.is_enabled ? "note warn" : "note"}>Still needed: ${listed(data.missing.map((name) => titleOf(name).toLowerCase()))}. Until then it ${data.is_enabled ? "refuses every message" : "cannot be used"}.</p>`}
      ${data.origin === "environment" && html`<p class="note">These settings come from the environment of the servers. What you save here counts instead.</p>`}
      ${data.webhook && html`<div class="stack"><strong>Webhook address to register at the platform</strong><${Copy} text=${location.origin + data.webhook} label="the webhook address" /></div>`}
      ${data.webhook && html`<form class="stack" onSubmit=${submit} autocomplete="off">
        ${Object.keys(single).length > 0 && html`<div class="grid">${Object.keys(single).map((name) => html`<${SecretField} key=${name} label=${titleOf(name)} hint=${FIELDS[name]?.hint} value=${fields.settings[name]} onInput=${change(name)} />`)}</div>`}
        ${tokens && html`<${PageTokens} tokens=${tokens} onChange=${change("page_access_tokens")} />`}
        <${Check} label="Switched on" hint="While it is off, messages of this channel are not answered." checked=${fields.is_enabled} onChange=${(is) => set("is_enabled", is)} />
        <${SaveBar} editing=${editing} titles=${{ is_enabled: "Switched on", settings: "Settings" }} />
      </form>`}
      ${data.webhook ? html`<${ConnectionTest} bot=${bot} channel=${channel} isChanged=${editing.isChanged} />`
        : html`<p><a href=${link(["bots", bot, "settings", "access"])}>Who may chat, and what to put into your page</a></p>`}
    </section>`;
  }}<//>`;
}

function State({ data }) {
  if (!data.is_enabled) return html`<${Badge}>off<//>`;
  return data.missing.length ? html`<${Badge} kind="warn">on, but incomplete<//>` : html`<${Badge} kind="good">on<//>`;
}
