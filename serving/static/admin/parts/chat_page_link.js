import { html } from "../lib/html.js";
import { Button } from "./button.js";

/** Where customers can talk with a bot without a channel; the page itself says whom the bot does not answer there. */
export function ChatPageLink({ bot, isButton = false, children = "Open the chat page" }) {
  const shared = { href: `../chat/${encodeURIComponent(bot)}`, target: "_blank", rel: "noreferrer noopener" };
  const inside = html`${children}<span aria-hidden="true"> ↗</span>`;
  return isButton ? html`<${Button} ...${shared}>${inside}<//>` : html`<a ...${shared}>${inside}</a>`;
}
