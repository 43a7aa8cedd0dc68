import { html, useState } from "../../lib/html.js";
import { ApiError, path, post } from "../../lib/http.js";
import { say } from "../../lib/notices.js";
import { Confirm } from "../../parts/dialog.js";
import { Field } from "../../parts/field.js";
import { Warnings } from "../../parts/warnings.js";

const WORDS = {
  promote: { title: "Promote", confirm: "Promote", kind: "primary", where: (bot, version) => path`/bots/${bot}/releases/${version}/promote` },
  rollback: { title: "Roll back to", confirm: "Roll back", kind: "primary", where: (bot) => path`/bots/${bot}/releases/rollback` },
  canary: { title: "Try as a canary:", confirm: "Start the canary", kind: "primary", where: (bot) => path`/bots/${bot}/releases/canary` },
  shadow: { title: "Try as a shadow:", confirm: "Start the shadow", kind: "primary", where: (bot) => path`/bots/${bot}/releases/shadow` },
  canary_stop: { title: "Stop the canary,", confirm: "Stop the canary", kind: "danger", where: (bot) => path`/bots/${bot}/releases/canary/stop` },
  shadow_stop: { title: "Stop the shadow,", confirm: "Stop the shadow", kind: "danger", where: (bot) => path`/bots/${bot}/releases/shadow/stop` },
};

/** Ask why, and move what answers or what is tried. `onStale` loads anew what somebody else has changed meanwhile. */
export function Move({ bot, move, live, onMoved, onStale, onClose }) {
  const { kind, version } = move;
  const words = WORDS[kind];
  const [why, setWhy] = useState("");
  const [share, setShare] = useState("5");
  const before = live?.release?.version;
  const run = async () => {
    const body = { why: why.trim() };
    if (kind === "promote" && before) body.instead_of = before;
    if (kind === "canary" || kind === "shadow") body.version = version;
    if (kind === "canary") body.share = Number(share) / 100;
    try {
      await post(words.where(bot, version), body);
    } catch (error) {
      if (error instanceof ApiError && error.status === 409) await onStale();
      throw error;
    }
    say(done(kind, version));
    await onMoved();
  };
  return html`<${Confirm} title=${`${words.title} release ${version}`} confirm=${words.confirm} kind=${words.kind} onConfirm=${run} onClose=${onClose}>
    <p>${meaning(kind, version, before)}</p>
    ${(kind === "promote" || kind === "canary") && html`<${Warnings} release=${move.release} />`}
    ${kind === "canary" && html`<${Field} label="Share of the conversations, in percent" type="number" min="1" max="100" step="1" value=${share} onInput=${setShare} />`}
    <${Field} label="Why?" hint="For the journal, so that others understand it later." maxlength="500" value=${why} onInput=${setWhy} placeholder=${kind === "rollback" ? "asks too often" : "knows the new refund rules"} />
  <//>`;
}

function meaning(kind, version, before) {
  const instead = before ? ` instead of release ${before}` : "";
  return {
    promote: `Release ${version} will answer all customers${instead}, within seconds. Conversations under way go on with it.`,
    rollback: `Release ${version}, which answered before, will answer all customers${instead}, within seconds.`,
    canary: `Release ${version} will answer some conversations, always the same ones. If it does clearly worse there, the servers stop it.`,
    shadow: `Release ${version} reads every message after it was answered, and answers nobody. You see where it would have answered otherwise.`,
    canary_stop: `Its conversations are answered by release ${before || "–"} again.`,
    shadow_stop: "What was counted stays for 90 days.",
  }[kind];
}

function done(kind, version) {
  return {
    promote: `Release ${version} answers customers from now on.`,
    rollback: `Rolled back: release ${version} answers customers again.`,
    canary: `Release ${version} is tried as a canary.`,
    shadow: `Release ${version} is tried as a shadow.`,
    canary_stop: "The canary was stopped.",
    shadow_stop: "The shadow was stopped.",
  }[kind];
}
