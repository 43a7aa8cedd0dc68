import { html, useEffect, useRef } from "../lib/html.js";

/** The frame of a page: its heading, what it is for, and its actions. A reader's focus goes to the heading. */
export function Page({ title, lead, actions, back, isWide = false, children }) {
  const heading = useRef(null);
  useEffect(() => {
    document.title = `${title} – Intentloop`;
  }, [title]);
  useEffect(() => heading.current.focus({ preventScroll: true }), []);
  return html`<div class=${isWide ? "page wide" : "page"}>
    <header class="page-head">
      <div>
        ${back && html`<a class="back" href=${back.href}><span aria-hidden="true">← </span>${back.title}</a>`}
        <h1 tabindex="-1" ref=${heading}>${title}</h1>
        ${lead && html`<p class="lead">${lead}</p>`}
      </div>
      ${actions && html`<div class="actions">${actions}</div>`}
    </header>
    ${children}
  </div>`;
}
