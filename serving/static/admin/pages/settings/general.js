import { html } from "../../lib/html.js";
import { loadBots } from "../../lib/bots.js";
import { useEditing } from "../../lib/editing.js";
import { get, path } from "../../lib/http.js";
import { languages, timezones } from "../../lib/languages.js";
import { useLoad } from "../../lib/load.js";
import { say } from "../../lib/notices.js";
import { may } from "../../lib/session.js";
import { Field } from "../../parts/field.js";
import { SaveBar } from "../../parts/save_bar.js";
import { Loaded } from "../../parts/states.js";
import { Pending } from "./pending.js";
import { Phrases } from "./phrases.js";

const TITLES = { title: "Title", description: "What it is for", language: "Language", timezone: "Time zone", phrases: "Phrases" };

/** What the bot is called, where its customers live, and what it says unasked. */
export function General({ bot }) {
  const settings = useLoad((signal) => get(path`/bots/${bot}/settings`, {}, { signal }), [bot]);
  const editing = useEditing(path`/bots/${bot}`, {
    method: "patch",
    fieldsOf: ({ title, description, language, timezone, phrases }) => ({ title, description, language, timezone, phrases }),
    onSaved: () => {
      say("Saved.");
      settings.reload();
      loadBots().catch(() => {}); // the list keeps the former title
    },
  });
  const mayEdit = may("author", bot);
  const submit = (event) => {
    event.preventDefault();
    editing.save();
  };
  return html`<${Loaded} load=${editing.load}>${() => {
    const { fields, set } = editing;
    return html`<form class="stack" onSubmit=${submit}>
      ${settings.data && html`<${Pending} bot=${bot} settings=${settings.data} only=${["language", "timezone", "phrases"]} />`}
      <section class="card"><h2>The bot</h2>
        <${Field} label="Title" maxlength="200" disabled=${!mayEdit} value=${fields.title} onInput=${(text) => set("title", text)} />
        <${Field} label="What it is for" as="textarea" maxlength="2000" disabled=${!mayEdit} value=${fields.description}
          onInput=${(text) => set("description", text)} />
        <p class="muted small-text">In addresses it is <code>${bot}</code>, which never changes.</p>
      </section>
      <section class="card"><h2>Its customers</h2>
        <div class="row top">
          <${Field} label="Language" as="select" disabled=${!mayEdit} value=${fields.language}
            hint="How words and dates are read, and what the bot says unasked."
            onChange=${(event) => set("language", event.target.value)}>
            ${languages(fields.language).map(({ tag, name }) => html`<option key=${tag} value=${tag}>${name} (${tag})</option>`)}<//>
          <${Field} label="Time zone" list="timezones" disabled=${!mayEdit} value=${fields.timezone} 
            hint="Decides what “tomorrow” and “tonight” are." onInput=${(text) => set("timezone", text.trim())} />
          <datalist id="timezones">${timezones().map((zone) => html`<option key=${zone} value=${zone} />`)}</datalist>
        </div>
      </section>
      <${Phrases} phrases=${fields.phrases} builtIn=${editing.load.data.data.built_in_phrases} mayEdit=${mayEdit} onChange=${(phrases) => set("phrases", phrases)} />
      <${SaveBar} editing=${editing} titles=${TITLES} mayEdit=${mayEdit} role="author" />
    </form>`;
  }}<//>`;
}
