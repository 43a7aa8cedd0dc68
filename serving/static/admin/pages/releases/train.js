import { html, useEffect } from "../../lib/html.js";
import { get, path } from "../../lib/http.js";
import { useLoad } from "../../lib/load.js";
import { say } from "../../lib/notices.js";
import { differenceInWords } from "../../lib/releases.js";
import { may } from "../../lib/session.js";
import { hasEnded, useTask } from "../../lib/tasks.js";
import { Ago } from "../../parts/ago.js";
import { Button } from "../../parts/button.js";
import { OutsideLink } from "../../parts/outside_link.js";
import { Failure, Loading } from "../../parts/states.js";
import { TrainingLog } from "./training_log.js";
import { TrainingOutcome } from "./training_outcome.js";

/** Start a training, follow it, and say what came of it. `trainings`: the last ones, newest first. */
export function Train({ bot, trainings, live, onEnd }) {
  const [newest] = trainings;
  const differs = (signal) => get(path`/bots/${bot}/draft/difference`, {}, { signal });
  const difference = useLoad(differs, [bot, live?.release?.version]);
  const task = useTask(bot, {
    folder: "trainings",
    onEnd: (ended) => {
      if (ended.state === "done") say(ended.version ? `Release ${ended.version} is ready.` : "The training has ended.");
      onEnd();
      difference.reload();
    },
  });
  useEffect(() => {
    if (newest && !hasEnded(newest)) task.watch(newest.id);
  }, [newest?.id]);
  const work = task.work || newest;
  const isRunning = task.isRunning || (newest && !hasEnded(newest));
  return html`<section class="card" aria-labelledby="train">
    <div class="between"><h2 id="train">Train</h2>
      ${may("author", bot) && !isRunning && html`<${Button} kind="primary" onClick=${() => task.start(path`/bots/${bot}/trainings`)}>
        Train${live?.release ? "" : " the first release"}<//>`}
    </div>
    ${!isRunning && html`<${WhatChanges} load=${difference} />`}
    <${Failure} error=${task.error} />
    ${isRunning && html`<${UnderWay} bot=${bot} work=${work} onCancel=${task.cancel} />`}
    ${work && !isRunning && html`<${TrainingOutcome} bot=${bot} training=${work} />`}
    ${work && html`<${TrainingLog} key=${work.id} bot=${bot} training=${work} />`}
  </section>`;
}

/** Why a training waits: what the server says about it, once. */
function waitingInWords({ step, reason }) {
  const said = (step || "").replace(/^waiting:?\s*/i, "");
  if (/ trains the bot$/.test(said)) return "Another training is under way; this one is next.";
  return [said || "for its turn", reason].filter(Boolean).join(". ");
}

function UnderWay({ bot, work, onCancel }) {
  const isWaiting = work.state === "queued";
  return html`<div class="progress" role="status">
    <div class="progress-words"><strong>${isWaiting ? "Waiting" : "Training"}</strong>
      <span>${isWaiting ? waitingInWords(work) : work.step || "begins"}</span>
      ${!isWaiting && html`<span class="muted">${Math.round((work.share || 0) * 100)} %</span>`}</div>
    <progress max="1" value=${work.share || undefined} aria-label="Progress of the training"></progress>
    ${may("author", bot) && html`<${Button} isSmall onClick=${onCancel}>Cancel<//>`}
    <span class="muted small-text">${isWaiting || !work.started_at ? "Asked for" : "Begun"}${" "}
      <${Ago} at=${(!isWaiting && work.started_at) || work.created_at} /> by ${work.by}. You may leave this page.${" "}
      <${OutsideLink} href=${work.log}>Its run in MLflow<//></span>
  </div>`;
}

/** The difference of the draft to the live release, in words. */
function WhatChanges({ load }) {
  if (!load.data) return load.error ? html`<${Failure} error=${load.error}
    onRetry=${load.reload} />` : html`<${Loading}>Comparing the draft …<//>`;
  const { is_available: isKnown, difference, version } = load.data;
  if (!isKnown) {
    return html`<p class="muted">It learns the whole draft: its intents, examples, replies and settings. It takes a minute or two.</p>`;
  }
  const said = differenceInWords(difference);
  if (said.length === 0) {
    return html`<p class="muted">Replies, questions, tools and settings are as in release ${version}. A training also learns from
      examples and labels that are new since; if there are none, it says so and does nothing.</p>`;
  }
  return html`<div><p>Beside release ${version}, the draft would change:</p>
    <ul class="bullets">${said.map((sentence) => html`<li key=${sentence}>${sentence}</li>`)}</ul>
    <p class="muted small-text">Examples and labels that are new since are learnt as well.</p></div>`;
}
