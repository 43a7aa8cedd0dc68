import { html } from "../lib/html.js";

/** Parts of a page as links: `tabs` are `[{name, title, href}]`. */
export const Tabs = ({ label, tabs, current }) => html`<nav class="tabs" aria-label=${label}>${tabs.map(({ name, title, href }) => html`
  <a key=${name} href=${href} aria-current=${name === current ? "page" : undefined}>${title}</a>`)}</nav>`;
