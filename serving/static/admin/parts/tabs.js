import { html, useEffect, useRef } from "../lib/html.js";

/** Parts of a page as links: `tabs` are `[{name, title, href}]`. On a narrow screen they scroll, the current one in sight. */
export function Tabs({ label, tabs, current }) {
  const box = useRef(null);
  useEffect(() => {
    const link = box.current.querySelector("[aria-current]");
    if (link) box.current.scrollLeft = link.offsetLeft - (box.current.clientWidth - link.offsetWidth) / 2;
  }, [current]);
  return html`<nav class="tabs" aria-label=${label} ref=${box}>${tabs.map(({ name, title, href }) => html`
    <a key=${name} href=${href} aria-current=${name === current ? "page" : undefined}>${title}</a>`)}</nav>`;
}
