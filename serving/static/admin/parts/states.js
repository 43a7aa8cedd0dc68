// What stands in the place of data: while it comes, when it did not, and when there is none.

import { html, useEffect, useState } from "../lib/html.js";
import { Button } from "./button.js";

/** Says that something is under way; not before it has taken a moment, so that quick answers do not flicker. */
export function Loading({ children = "Loading …" }) {
  const [isShown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), 250);
    return () => clearTimeout(timer);
  }, []);
  return html`<p class="loading" role="status">${isShown && html`<span class="spinner"></span>${children}`}</p>`;
}

/** An error in words, with what can be done. */
export function Failure({ error, onRetry, children }) {
  if (!error) return null;
  return html`<div class="failure" role="alert">
    <p>${error.message}</p>
    ${children}
    ${onRetry && html`<${Button} onClick=${onRetry}>Try again<//>`}
  </div>`;
}

/** Nothing is here yet, and what to do about it. */
export function Empty({ title, children, action }) {
  return html`<div class="empty"><h2>${title}</h2>${children && html`<div class="empty-text">${children}</div>`}${action}</div>`;
}

/** Shows `children(data)` once `load` (of `useLoad`) has data; until then that it loads, or why it does not. */
export function Loaded({ load, children }) {
  if (load.data === undefined) return load.error ? html`<${Failure} error=${load.error} onRetry=${load.reload} />` : html`<${Loading} />`;
  return html`${load.error && html`<${Failure} error=${load.error} onRetry=${load.reload} />`}${children(load.data)}`;
}
