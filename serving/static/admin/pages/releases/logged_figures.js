import { html } from "../../lib/html.js";
import { count, milliseconds, percent } from "../../lib/format.js";
import { Table } from "../../parts/table.js";

const SHARE = (value) => percent(value);
/** The figures that people ask for, in words; `isLow`: less is better. */
const NAMED = [
  ["holdout_accuracy", "Right intent", SHARE],
  ["holdout_macro_f1", "Right intent, every intent counted alike (macro F1)", SHARE],
  ["holdout_effective_accuracy", "Answered right at the thresholds", SHARE],
  ["holdout_answered_wrong", "Answered wrong", SHARE, true],
  ["holdout_needless_fallback", "Understood, but not answered", SHARE, true],
  ["holdout_asked_right", "Asked which was meant, the right one offered", SHARE],
  ["holdout_out_of_scope_recall", "Out of scope and left unanswered", SHARE],
  ["holdout_out_of_scope_answered", "Out of scope, but answered", SHARE, true],
  ["holdout_entity_f1", "Values found (entity F1)", SHARE],
  ["holdout_calibration_error", "Confidence off by", SHARE, true],
  ["holdout_latency_ms_p95", "Time, 95 of 100 below", milliseconds, true],
  ["n_examples", "Examples learnt and held out", count],
  ["validation_findings", "Findings", count, true],
];

/** What both trainings have logged. */
export function LoggedFigures({ logged }) {
  const { first, second } = logged;
  const byName = new Map(logged.figures.map((figure) => [figure.name, figure]));
  const rows = NAMED.filter(([name]) => byName.has(name))
    .map(([name, words, tell, isLow]) => ({ ...byName.get(name), words, tell, isLow }));
  const value = (side) => (row) => (row[side] === null ? "–" : row.tell(row[side]));
  const columns = (tell) => [
    { title: "Figure", isHeading: true, class: "wide-cell", cell: ({ words, name }) => words || html`<span class="mono">${name}</span>` },
    { title: `Release ${first.version}`, class: "number", cell: tell("first") },
    { title: `Release ${second.version}`, class: "number", cell: tell("second") },
  ];
  const plain = (side) => (row) => (row[side] === null ? "–" : Number(row[side].toPrecision(4)));
  const better = { title: "Better", cell: betterOf };
  if (logged.figures.length === 0) {
    return html`<section class="stack" aria-labelledby="logged"><h2 id="logged">What their trainings measured</h2>
      <p class="muted">Neither training has logged a figure in MLflow.</p></section>`;
  }
  return html`<section class="stack" aria-labelledby="logged"><h2 id="logged">What their trainings measured</h2>
    <p class="muted">Each on its own held-out sentences, so that small differences say little.</p>
    <${Table} caption="What their trainings measured" columns=${[...columns(value), better]} rows=${rows} keyOf=${({ name }) => name} />
    <details><summary>All ${logged.figures.length} figures, as MLflow names them</summary>
      <${Table} caption="All figures" columns=${columns(plain)} rows=${logged.figures} keyOf=${({ name }) => name} /></details></section>`;

  function betterOf({ difference, isLow, tell }) {
    if (difference === null || tell === count || Math.abs(difference) < 1e-9) return "";
    return (difference > 0) !== Boolean(isLow) ? `release ${second.version}` : `release ${first.version}`;
  }
}
