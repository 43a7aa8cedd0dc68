import { html } from "../../lib/html.js";
import { counted } from "../../lib/format.js";
import { get, path } from "../../lib/http.js";
import { useLoad } from "../../lib/load.js";
import { capital } from "../../lib/releases.js";
import { link } from "../../lib/router.js";
import { may } from "../../lib/session.js";
import { DURATION, hasEnded } from "../../lib/tasks.js";
import { Ago } from "../../parts/ago.js";
import { Button } from "../../parts/button.js";
import { Loaded } from "../../parts/states.js";
import { Verdict } from "../../parts/verdict.js";

const GIVEN_INTENTS = 3; // those that every bot begins with

/** What is left to do until a new bot answers: teach, train, then try and promote. */
export function Steps({ bot }) {
  const load = useLoad(
    (signal) => Promise.all([
      get(path`/bots/${bot}`, {}, { signal }),
      get(path`/bots/${bot}/trainings`, { limit: 1 }, { signal }),
      get(path`/bots/${bot}/releases`, { limit: 10 }, { signal }),
      get(path`/bots/${bot}/draft/findings`, { limit: 1 }, { signal }),
    ]),
    [bot],
  );
  return html`<${Loaded} load=${load}>${([draft, [training], { items: releases }, findings]) => {
    const passed = releases.find(({ verdict }) => verdict === "passed");
    const isTaught = draft.intent_count > GIVEN_INTENTS;
    return html`<section class="stack" aria-labelledby="steps"><h2 id="steps">Three steps until it answers</h2><ol class="steps">
      <${Teach} bot=${bot} draft=${draft} findings=${findings} isDone=${isTaught} />
      <${TrainStep} bot=${bot} training=${training} newest=${releases[0]} isNow=${isTaught && !passed} isDone=${Boolean(passed)} />
      <${Promote} bot=${bot} release=${passed} />
    </ol></section>`;
  }}<//>`;
}

function Step({ title, isDone, isNow, actions, children }) {
  return html`<li class=${`card ${isDone ? "done" : isNow ? "now" : ""}`} aria-current=${isNow ? "step" : undefined}>
    <h3>${title}${isDone && html` <span class="unseen">(done)</span>`}</h3><div>${children}</div><div class="actions">${actions}</div></li>`;
}

function Teach({ bot, draft, findings, isDone }) {
  const own = Math.max(0, draft.intent_count - GIVEN_INTENTS);
  const { error = 0, warning = 0 } = findings.counts;
  const isOld = findings.is_current === false;
  const said = own === 0
    ? "Write what customers want, and some sentences for each. The bot has the three intents that every bot needs."
    : `${counted(own, "intent")} of its own, ${counted(draft.example_count, "example")} in all.`;
  return html`<${Step} title="Teach intents" isDone=${isDone && (!error || isOld)} isNow=${!isDone || (error > 0 && !isOld)} actions=${html`
    <${Button} kind=${isDone ? "plain" : "primary"} href=${link(["bots", bot, "intents"], own ? {} : { new: 1 })}>${own ? "Go on with the intents" : "Write the first intent"}<//>
    <${Button} href=${link(["bots", bot, "findings"])}>${!findings.task_id ? "Check the examples" : isOld ? "Check again" : "Findings"}<//>
    ${own === 0 && html`<${Button} href=${link(["bots", bot, "transfer"])}>Import a bot file<//>`}`}>
    <p>${said}</p>
    ${error > 0 && html`<p><strong>${counted(error, "error")}</strong> ${isOld ? html`stood there when the draft was last checked, <${Ago} at=${findings.validated_at} />. It has changed since.` : "would stop a training."}</p>`}
    ${warning > 0 && html`<p>${counted(warning, "warning")} to look at.</p>`}<//>`;
}

function TrainStep({ bot, training, newest, isNow, isDone }) {
  const isRunning = training && !hasEnded(training);
  return html`<${Step} title="Train" isDone=${isDone} isNow=${isNow} actions=${html`
    <${Button} kind=${isNow ? "primary" : "plain"} href=${link(["bots", bot, "releases"])}>${isRunning ? "Follow the training" : isDone ? "Train again" : "Train"}<//>`}>
    <p>${trainingInWords(training, isRunning)}</p>${newest && !isRunning && html`<p>Release ${newest.version}: <${Verdict} release=${newest} /></p>`}<//>`;
}

function trainingInWords(training, isRunning) {
  if (!training) return `A training makes a release of the draft and judges it. ${DURATION}`;
  if (isRunning) return `A training is under way: ${training.step || "waiting for its turn"}.`;
  if (training.state === "failed") return `The last training failed. ${capital(training.reason)}`;
  if (training.state === "cancelled") return "The last training was cancelled.";
  return training.version ? `The last training made release ${training.version}.` : "The last training had nothing to do.";
}

function Promote({ bot, release }) {
  const inside = release
    ? html`<p>Release ${release.version} has passed and may answer. Talk with it, then promote it.</p>`
    : html`<p>Talk with a release that has passed, then promote it: customers meet it seconds later.</p>`;
  const actions = release && html`
    ${may("author", bot) && html`<${Button} href=${link(["bots", bot, "try"], { release: release.version })}>Try it<//>`}
    <${Button} kind="primary" href=${link(["bots", bot, "releases", release.version])}>Read its verdict and promote<//>`;
  return html`<${Step} title="Try and promote" isNow=${Boolean(release)} actions=${actions}>${inside}<//>`;
}
