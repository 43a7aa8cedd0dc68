import { html } from "../../lib/html.js";
import { confidence, percent } from "../../lib/format.js";
import { TradeOffChart } from "./trade_off_chart.js";

const ON = { holdout: "held-out examples", test_set: "the bot's test set", test: "held-out rows", production: "labelled messages of customers" };

/** What became of the messages at one point of the curve, as shares that add up to one. */
function outcomesOf(point) {
  const [wrong, asked, needless] = [point.wrong ?? 0, point.asked ?? 0, point.needless ?? 0];
  return [
    { name: "right", title: "Right: answered, or refused what it would have misread", share: Math.max(0, 1 - wrong - asked - needless) },
    { name: "asked", title: "Asked which intent is meant", share: asked },
    { name: "needless", title: "Refused although understood", share: needless },
    { name: "wrong", title: "Answered wrongly", share: wrong },
  ];
}

const nearest = (points, value) => points.reduce((best, point, at) => (Math.abs(point.confidence - value) < Math.abs(points[best].confidence - value) ? at : best), 0);

/** Other thresholds of the live release, what they would have meant, and one to move. */
export function TradeOff({ curve, value, mayEdit, onMove }) {
  const { points } = curve;
  if (!points.length) return html`<p class="note">The training of release ${curve.version} measured nothing.</p>`;
  const at = nearest(points, value);
  const own = points.findIndex(({ chosen }) => chosen);
  const [point, before] = [points[at], own >= 0 ? points[own] : null];
  const rows = outcomesOf(point).map((row, place) => ({ ...row, before: before && outcomesOf(before)[place].share }));
  if (point.outside !== null) rows.push({ name: "outside", title: "Of messages about something else: answered all the same", share: point.outside, before: before?.outside ?? null });
  return html`<div class="stack">
    <p class="muted small-text">Measured on ${ON[curve.measured_on] || curve.measured_on} by release ${curve.version}, which answers now${before ? ` with ${confidence(before.confidence)}` : ""}.</p>
    <${TradeOffChart} points=${points} at=${at} own=${own} />
    <div class="stack slider"><span><label for="threshold">Threshold</label> <strong>${confidence(point.confidence)}</strong>${!point.allowed && html` <span class="wrong">Training would not choose it: it refuses too many that were understood.</span>`}</span>
      <input type="range" id="threshold" min="0" max=${points.length - 1} step="1" value=${at} disabled=${!mayEdit} aria-valuetext=${confidence(point.confidence)} onInput=${(event) => onMove(points[Number(event.target.value)].confidence)} /></div>
    <div class="outcomes" role="group" aria-label="What it would have meant">
      <div class="outcome-bar" aria-hidden="true">${outcomesOf(point).map(({ name, share }) => html`<span key=${name} class=${`outcome-${name}`} style=${{ width: `${share * 100}%` }}></span>`)}</div>
      <dl>${rows.map((row) => html`<div key=${row.name}><dt><span class=${`swatch outcome-${row.name}`} aria-hidden="true"></span>${row.title}</dt>
        <dd>${percent(row.share)}<${Change} now=${row.share} before=${row.before} /></dd></div>`)}</dl>
    </div>
  </div>`;
}

function Change({ now, before }) {
  const points = before === null ? 0 : (now - before) * 100;
  return Math.abs(points) < 0.05 ? null : html`<span class="muted small-text"> ${points > 0 ? "+" : "−"}${Math.abs(points).toFixed(1)} than now</span>`;
}
