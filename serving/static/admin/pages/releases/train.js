import { html, useEffect } from "../../lib/html.js";
import { get, path } from "../../lib/http.js";
import { useLoad } from "../../lib/load.js";
import { say } from "../../lib/notices.js";
import { link } from "../../lib/router.js";
import { differenceInWords } from "../../lib/releases.js";
import { may } from "../../lib/session.js";
import { DURATION, hasEnded, useTask } from "../../lib/tasks.js";
import { Button } from "../../parts/button.js";
import { Failure, Loading } from "../../parts/states.js";
import { TrainingLog } from "./training_log.js";
import { TrainingOutcome } from "./training_outcome.js";
import { UnderWay } from "./under_way.js";

/** Say what came of a training, and where to read why. */
function tell(bot, { state, version, reason }) {
  if (state !== "done") return;
  const more = version && { title: reason ? "Read why" : "Read its verdict", href: link(["bots", bot, "releases", version]) };
  if (!version) say("The training has ended.");
  else if (reason) say(`Release ${version} was made and refused: it may not answer customers.`, { kind: "error", more });
  else say(`Release ${version} is ready.`, { more });
}

/**
 * Start a training, follow it, and say what came of it. `trainings`: the last ones, newest first; `onMade` is called when one
 * has made its release and still stores its record.
 */
export function Train({ bot, trainings, live, onEnd, onMade }) {
  const [newest] = trainings;
  const differs = (signal) => get(path`/bots/${bot}/draft/difference`, {}, { signal });
  // the server compares with what it has loaded, which follows a promotion some seconds later
  const difference = useLoad(differs, [bot, live?.release?.version, live?.answering]);
  const compared = difference.data?.is_available && difference.data.version;
  const isSettling = Boolean(live?.release && compared) && compared !== live.release.version;
  const task = useTask(bot, {
    folder: "trainings",
    onEnd: (ended) => {
      tell(bot, ended);
      onEnd();
      difference.reload();
    },
  });
  useEffect(() => {
    if (newest && !hasEnded(newest)) task.watch(newest.id);
  }, [newest?.id]);
  const work = task.work || newest;
  const isRunning = task.isRunning || (newest && !hasEnded(newest));
  const isMade = isRunning && work?.share >= 1;
  useEffect(() => {
    if (isMade) onMade();
  }, [isMade]);
  const start = (body) => task.start(path`/bots/${bot}/trainings`, body);
  return html`<section class="card" aria-labelledby="train">
    <div class="between"><h2 id="train">Train</h2>
      ${may("author", bot) && !isRunning && html`<${Button} kind="primary" onClick=${() => start()}>
        Train${live?.release ? "" : " the first release"}<//>`}
    </div>
    ${!isRunning && html`<${WhatChanges} load=${difference} isSettling=${isSettling} live=${live?.release?.version} />`}
    <${Failure} error=${task.error} />
    ${isRunning && html`<${UnderWay} bot=${bot} work=${work} onCancel=${task.cancel} />`}
    ${work && !isRunning && html`<${TrainingOutcome} bot=${bot} training=${work} onAccept=${() => start({ accept_relabelled: true })} />`}
    ${work && html`<${TrainingLog} key=${work.id} bot=${bot} training=${work} />`}
  </section>`;
}

/** The difference of the draft to the live release, in words. */
function WhatChanges({ load, isSettling, live }) {
  if (isSettling) {
    return html`<p class="muted" role="status">The server is loading release ${live}; then you see here what the draft changes.</p>`;
  }
  if (!load.data) return load.error ? html`<${Failure} error=${load.error}
    onRetry=${load.reload} />` : html`<${Loading}>Comparing the draft …<//>`;
  const { is_available: isKnown, difference, version } = load.data;
  if (!isKnown) {
    return html`<p class="muted">It learns the whole draft: its intents, examples, replies and settings. ${DURATION}</p>`;
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
