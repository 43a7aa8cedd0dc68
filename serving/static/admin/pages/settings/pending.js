import { html } from "../../lib/html.js";
import { listed } from "../../lib/format.js";
import { link } from "../../lib/router.js";

const SETTINGS = { language: "the language", timezone: "the time zone", phrases: "the phrases", thresholds: "the thresholds", llm: "the use of the language model" };

/** Which settings customers do not notice yet. */
export function Pending({ bot, settings, only }) {
  const waiting = settings.pending.filter(({ setting }) => only.includes(setting)).map(({ setting }) => SETTINGS[setting]);
  if (!waiting.length) return null;
  return html`<p class="note">Customers do not notice ${listed(waiting)} yet. Train the bot and promote the new release: <a href=${link(["bots", bot, "releases"])}>Train and releases</a></p>`;
}
