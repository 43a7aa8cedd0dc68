import { html, signal, useEffect } from "../lib/html.js";
import { ago, moment } from "../lib/format.js";

const TICK_MS = 10_000;
const now = signal(Date.now());
let shown = 0;
let timer = null;

/** How long ago something was, which moves on while it is shown. */
export function Ago({ at }) {
  useEffect(() => {
    now.value = Date.now();
    if (shown++ === 0) timer = setInterval(() => { now.value = Date.now(); }, TICK_MS);
    return () => {
      if (--shown === 0) clearInterval(timer);
    };
  }, []);
  return html`<time datetime=${at} title=${moment(at)}>${ago(at, Math.max(now.value, new Date(at).getTime()))}</time>`;
}
