import { html } from "../../lib/html.js";
import { useEditing } from "../../lib/editing.js";
import { get, path } from "../../lib/http.js";
import { useLoad } from "../../lib/load.js";
import { say } from "../../lib/notices.js";
import { ChatPageLink } from "../../parts/chat_page_link.js";
import { Field } from "../../parts/field.js";
import { SaveBar } from "../../parts/save_bar.js";
import { Loaded } from "../../parts/states.js";
import { Snippet } from "./snippet.js";
import { VisitorKeys } from "./visitor_keys.js";
import { WidgetKeys } from "./widget_keys.js";

const TITLES = { widget_keys: "Widget keys", visitors: "Signed-in visitors", frame_ancestors: "Pages that may frame the chat" };
const KEYS = { optional: "Any page may chat", required: "Only pages with a widget key" };
const VISITORS = { off: "Nobody is known", optional: "Known where your server signs who writes", required: "Only visitors whom your server signs" };

/** Origins as they are typed: one a line. */
const originsOf = (text) => text.split(/\s+/).filter(Boolean);

/** Which pages and which visitors may use the chat, and what to put into a page. */
export function ChatAccess({ bot }) {
  const editing = useEditing(path`/bots/${bot}/access`, { onSaved: () => say("Saved. It counts everywhere within seconds.") });
  const widgetKeys = useLoad((signal) => get(path`/bots/${bot}/widget-keys`, {}, { signal }), [bot]);
  const visitorKeys = useLoad((signal) => get(path`/bots/${bot}/visitor-keys`, {}, { signal }), [bot]);
  const submit = (event) => {
    event.preventDefault();
    editing.save();
  };
  return html`<div class="stack">
    <${Loaded} load=${editing.load}>${() => {
      const { fields, set } = editing;
      return html`<form class="card" onSubmit=${submit}><h2>Who may chat</h2>
        <div class="row">
          <${Field} label="Pages" as="select" value=${fields.widget_keys} onChange=${(event) => set("widget_keys", event.target.value)}>${Object.entries(KEYS).map(([value, title]) => html`<option key=${value} value=${value}>${title}</option>`)}<//>
          <${Field} label="Visitors" as="select" value=${fields.visitors} onChange=${(event) => set("visitors", event.target.value)}>${Object.entries(VISITORS).map(([value, title]) => html`<option key=${value} value=${value}>${title}</option>`)}<//>
        </div>
        <${Field} label="Pages that may show the chat page in a frame" as="textarea" rows="2" placeholder="https://shop.example" spellcheck="false" hint="One origin a line. Empty: none."
          value=${fields.frame_ancestors.join("\n")} onChange=${(event) => set("frame_ancestors", originsOf(event.target.value))} />
        <p class="hint">${fields.widget_keys === "required" || fields.visitors === "required"
          ? "The chat page of this server does not answer then: it sends no key, and nobody signs in there."
          : html`<${ChatPageLink} bot=${bot} /> of this server: it needs no key and knows nobody.`}</p>
        <${SaveBar} editing=${editing} titles=${TITLES} />
      </form>`;
    }}<//>
    <${WidgetKeys} bot=${bot} load=${widgetKeys} />
    <${VisitorKeys} bot=${bot} load=${visitorKeys} />
    <${Snippet} bot=${bot} keys=${widgetKeys.data?.items || []} isKeyNeeded=${editing.fields?.widget_keys === "required"} visitors=${editing.fields?.visitors || "off"} />
  </div>`;
}
