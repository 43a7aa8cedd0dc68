import { html } from "../../lib/html.js";
import { useEditing } from "../../lib/editing.js";
import { path } from "../../lib/http.js";
import { say } from "../../lib/notices.js";
import { may } from "../../lib/session.js";
import { Check, Field } from "../../parts/field.js";
import { SaveBar } from "../../parts/save_bar.js";
import { Loaded } from "../../parts/states.js";
import { LlmBudget } from "./llm_budget.js";
import { LlmTest } from "./llm_test.js";
import { Pending } from "./pending.js";

const MODES = { off: "Never", fallback: "If the trained model is not sure", zero_shot: "First, for every message" };
const TITLES = { llm: "Use of the language model", llm_endpoint: "Endpoint" };

/** Whether, when and where a language model is asked, and what it may use. */
export function LanguageModel({ bot }) {
  const editing = useEditing(path`/bots/${bot}/settings`, {
    method: "patch",
    fieldsOf: ({ llm }) => ({ llm: llm.chosen, llm_endpoint: llm.endpoint }),
    onSaved: () => say("Saved. The endpoint is used within seconds, the rest with the next promoted release."),
  });
  const mayEdit = may("operator", bot);
  const submit = (event) => {
    event.preventDefault();
    editing.save();
  };
  return html`<${Loaded} load=${editing.load}>${({ data: settings }) => {
    const { fields, set } = editing;
    const llm = fields.llm || { mode: "off", model: "" };
    const change = (name) => (value) => set("llm", { ...llm, [name]: value });
    const endpoint = fields.llm_endpoint;
    return html`<form class="stack" onSubmit=${submit}>
      <p class="muted">The language model only reads messages: it finds the intent and the values. It never writes what a customer reads.</p>
      <${Pending} bot=${bot} settings=${settings} only=${["llm"]} />
      <section class="card"><h2>When it is asked</h2>
        <div class="row">
          <${Field} label="It is asked" as="select" disabled=${!mayEdit} value=${llm.mode} onChange=${(event) => change("mode")(event.target.value)}>
            ${Object.entries(MODES).map(([mode, title]) => html`<option key=${mode} value=${mode}>${title}</option>`)}<//>
          <${Field} label="Model" required=${llm.mode !== "off"} disabled=${!mayEdit} placeholder="gpt-4.1-mini" value=${llm.model} onInput=${change("model")} />
        </div>
        ${llm.mode !== "off" && html`<${Details} llm=${llm} mayEdit=${mayEdit} change=${change} />`}
      </section>
      <section class="card"><h2>Endpoint</h2>
        <${Check} label="The platform's" disabled=${!mayEdit} checked=${!endpoint} onChange=${(is) => set("llm_endpoint", is ? null : { base_url: "", key: null })}
          hint=${settings.llm.has_platform_endpoint ? "Set by the operator, for all bots." : "The platform has none yet: the operator sets INTENTLOOP_LLM_BASE_URL."} />
        ${endpoint && html`<div class="row top">
          <${Field} label="Address" type="url" required disabled=${!mayEdit} placeholder="https://llm.example/v1" value=${endpoint.base_url} onInput=${(text) => set("llm_endpoint", { ...endpoint, base_url: text.trim() })}
            hint="OpenAI-compatible. On the public internet, or among INTENTLOOP_TOOL_ALLOWED_HOSTS." />
          <${Field} label="Key" disabled=${!mayEdit} pattern="secret:[A-Z][A-Z0-9_]*" placeholder="secret:LLM_KEY" value=${endpoint.key || ""} onInput=${(text) => set("llm_endpoint", { ...endpoint, key: text.trim() || null })}
            hint="The name of a secret: the value of secret:LLM_KEY is INTENTLOOP_SECRET_LLM_KEY on the servers." /></div>`}
        ${mayEdit && html`<${LlmTest} bot=${bot} endpoint=${endpoint} model=${llm.model} />`}
      </section>
      <${LlmBudget} bot=${bot} />
      <${SaveBar} editing=${editing} titles=${TITLES} mayEdit=${mayEdit} />
    </form>`;
  }}<//>`;
}

function Details({ llm, mayEdit, change }) {
  const number = (name) => (text) => text !== "" && Number.isFinite(Number(text)) && change(name)(Number(text));
  return html`<details><summary>Instructions and limits of an answer</summary><div class="stack">
    <${Field} label="Instructions" as="textarea" rows="5" disabled=${!mayEdit} value=${llm.prompt ?? ""} hint="The intents and entities are added by themselves." onInput=${(text) => change("prompt")(text || undefined)} />
    <div class="row"><${Field} label="Longest answer, in tokens" type="number" min="16" max="8192" disabled=${!mayEdit} value=${llm.max_tokens ?? 400} onInput=${number("max_tokens")} />
      <${Field} label="Temperature" type="number" min="0" max="2" step="0.1" disabled=${!mayEdit} value=${llm.temperature ?? 0} onInput=${number("temperature")} /></div></div></details>`;
}
