import { html, useState } from "../../lib/html.js";
import { loadBots } from "../../lib/bots.js";
import { post } from "../../lib/http.js";
import { useAction } from "../../lib/load.js";
import { botFault, botNameFrom } from "../../lib/names.js";
import { go } from "../../lib/router.js";
import { Button } from "../../parts/button.js";
import { Dialog } from "../../parts/dialog.js";
import { Field } from "../../parts/field.js";
import { Failure } from "../../parts/states.js";

const LANGUAGES = { en: "English", de: "German", es: "Spanish", fr: "French", it: "Italian", nl: "Dutch", pt: "Portuguese", tr: "Turkish", ar: "Arabic", hi: "Hindi", ja: "Japanese", zh: "Chinese" };

/** Ask for the title of a new bot, make it, and go there. */
export function NewBot({ onClose }) {
  const [title, setTitle] = useState("");
  const [name, setName] = useState(null);
  const [language, setLanguage] = useState("en");
  const shown = name ?? botNameFrom(title);
  const wrong = botFault(shown);
  const make = useAction(async () => {
    const made = await post("/bots", { name: shown, title: title.trim(), language });
    onClose();
    go(["bots", made.name, "overview"]);
    await loadBots();
  });
  const submit = (event) => {
    event.preventDefault();
    if (!wrong) make.run();
  };
  return html`<${Dialog} title="New bot" onClose=${onClose}>
    <form class="stack" onSubmit=${submit}>
      <${Field} label="What is it called?" required maxlength="120" placeholder="Pizza to go" value=${title} onInput=${setTitle} />
      <${Field} label="Name in addresses" hint="Small letters, digits and hyphens. You can change it now, and never again." required value=${shown} error=${wrong} onInput=${setName} />
      <${Field} label="Language of its customers" as="select" value=${language} onChange=${(event) => setLanguage(event.target.value)}>
        ${Object.entries(LANGUAGES).map(([tag, word]) => html`<option key=${tag} value=${tag}>${word}</option>`)}<//>
      <${Failure} error=${make.error} />
      <div class="actions"><${Button} kind="primary" type="submit" isBusy=${make.isBusy} disabled=${!title.trim() || !shown || Boolean(wrong)}>Make the bot<//></div>
    </form>
  <//>`;
}
