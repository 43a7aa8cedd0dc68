import { html } from "../lib/html.js";
import { verdictOf } from "../lib/releases.js";
import { Badge } from "./badge.js";

/** The first of several reasons, which are joined by semicolons. */
function firstOf(sentence) {
  const [first, ...others] = sentence.split("; ");
  return others.length > 0 ? `${first}, and more.` : first;
}

/** The verdict about a release: its word, and why in a sentence; the first reason alone where it is to be short. */
export function Verdict({ release, isShort = false }) {
  const { kind, word, sentence } = verdictOf(release);
  const isTold = !(isShort && release.verdict === "passed" && (release.warnings || []).length === 0);
  return html`<span class="verdict"><${Badge} kind=${kind}>${word}<//>${
    isTold && html` <span class="small-text" title=${isShort ? sentence : ""}>${isShort ? firstOf(sentence) : sentence}</span>`}</span>`;
}
