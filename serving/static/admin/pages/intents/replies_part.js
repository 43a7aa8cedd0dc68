// What the bot answers, with a preview beside it.

import { html } from "../../lib/html.js";
import { Button } from "../../parts/button.js";
import { Field } from "../../parts/field.js";
import { Failure } from "../../parts/states.js";
import { Bubbles } from "./bubbles.js";
import { readAnswer, usePreview, useSamples } from "./preview.js";
import { SampleValues } from "./sample_values.js";
import { TemplateField, valuesOf } from "./template_field.js";

const SPLIT_HINT = "### between two parts makes two messages of them.";

export function RepliesPart({ bot, intent, draft, value }) {
  const samples = useSamples(bot, intent, value);
  const preview = usePreview(bot, value, samples);
  const values = valuesOf(value, preview.data?.tool?.result ?? readAnswer(samples.answer));
  const variants = value.speechResponses || [];
  const buttons = value.quickReplies || [];
  const shown = (place) => preview.data?.texts.find((text) => text.place === place);
  const setVariant = (at, text) => draft.change({ speechResponses: variants.map((each, number) => (number === at ? text : each)) });
  const setButton = (at, fields) => draft.change({ quickReplies: buttons.map((each, number) => (number === at ? { ...each, ...fields } : each)) });
  return html`<div class="stack">
    <${SampleValues} value=${value} samples=${samples} withAnswer=${Boolean(value.apiTrigger)} />
    <${Failure} error=${preview.error} />
    <section class="card reply-part">
      <${TemplateField} label="Reply" text=${value.speechResponse || ""} values=${values} hint=${SPLIT_HINT} rows=${4}
        onInput=${(text) => draft.change({ speechResponse: text })} />
      <div aria-label="Preview of the reply" role="group"><h2>Preview</h2><${Bubbles} shown=${shown("speechResponse")} /></div>
    </section>
    ${variants.map((text, at) => html`<section key=${at} class="card reply-part">
      <div class="stack"><${TemplateField} label=${`Another way to say it ${at + 1}`} text=${text} values=${values} onInput=${(now) => setVariant(at, now)} />
        <div class="actions"><${Button} kind="quiet" isSmall aria-label=${`Remove “${text}”`}
          onClick=${() => draft.change({ speechResponses: variants.filter((_, number) => number !== at) })}>Remove<//></div></div>
      <div><h2>Preview</h2><${Bubbles} shown=${shown(`speechResponses[${at + 1}]`)} /></div>
    </section>`)}
    <div class="actions"><${Button}
      onClick=${() => draft.change({ speechResponses: [...variants, ""] })}>Add another way to say it<//></div>
    <p class="hint">Of several ways, the bot takes another one each time.</p>
    <section class="card">
      <h2>Buttons below the reply</h2>
      ${buttons.map((button, at) => html`<div key=${at} class="row end">
        <${Field} label="What is written on it" dir="auto" value=${button.title} onInput=${(title) => setButton(at, { title })} />
        <${Field} label="What pressing it sends" dir="auto" value=${button.payload} onInput=${(payload) => setButton(at, { payload })}
          placeholder="/intent_id or a sentence" />
        <${Button} kind="quiet" isSmall aria-label=${`Remove the button ${button.title}`}
          onClick=${() => draft.change({ quickReplies: buttons.filter((_, number) => number !== at) })}>Remove<//>
      </div>`)}
      <div class="actions"><${Button} isSmall
        onClick=${() => draft.change({ quickReplies: [...buttons, { title: "More", payload: `/${intent}` }] })}>Add a button<//></div>
    </section>
    <section class="card reply-part">
      <${TemplateField} label="When the conversation comes back to this" text=${value.resumePrompt || ""} rows=${2}
        values=${[{ title: "the open question", template: "{{ prompt }}" }, ...values]}
        hint="If the customer asks something else in between. Left empty, the bot says a sentence of its own." onInput=${(text) => draft.change({ resumePrompt: text })} />
      <div><h2>Preview</h2><${Bubbles} shown=${shown("resumePrompt")} /></div>
    </section>
  </div>`;
}
