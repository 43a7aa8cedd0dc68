import { html } from "../lib/html.js";
import { verdictOf } from "../lib/releases.js";
import { Badge } from "./badge.js";

/** The verdict about a release: its word, and why in a sentence. */
export function Verdict({ release, isShort = false }) {
  const { kind, word, sentence } = verdictOf(release);
  return html`<span class="verdict"><${Badge} kind=${kind}>${word}<//>${!(isShort && release.verdict === "passed") && html` <span class="small-text">${sentence}</span>`}</span>`;
}
