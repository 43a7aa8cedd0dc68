import { html } from "../../lib/html.js";
import { count, counted, percent } from "../../lib/format.js";
import { capital } from "../../lib/releases.js";
import { link } from "../../lib/router.js";
import { Badge } from "../../parts/badge.js";
import { SortableTable } from "../../parts/sortable_table.js";
import { Table } from "../../parts/table.js";

const signed = (value) => `${value > 0 ? "+" : ""}${(value * 100).toFixed(1)}`;
const OUT_OF_SCOPE = "__oos__";
const named = (intent) => (intent === OUT_OF_SCOPE ? "none of the intents" : intent || "not understood");
const isCertain = ({ low, high }) => low > 0 || high < 0;

/** What came of reading the same sentences with two releases. */
export function CompareResult({ bot, result }) {
  const { first, second, figures, intents, confusions, tests } = result;
  if (result.is_same) return html`<p class="note">Both have the same files, so they answer alike.</p>`;
  const [test] = tests;
  const figureColumns = [
    { title: "Figure", isHeading: true, class: "wide-cell", cell: ({ figure }) => capital(figure) },
    { title: `Release ${first}`, class: "number", cell: (row) => told(row, row.first) },
    { title: `Release ${second}`, class: "number", cell: (row) => told(row, row.second) },
    { title: "Difference, with 95 % interval", class: "number", cell: (row) => `${signed(row.difference)} (${signed(row.low)} to ${signed(row.high)})` },
    { title: "Better", cell: (row) => judged(row) },
  ];
  const intentColumns = [
    { title: "Intent", isHeading: true, value: ({ intent }) => intent, cell: ({ intent }) => (intent === OUT_OF_SCOPE ? named(intent) : html`<a href=${link(["bots", bot, "intents", intent])}>${intent}</a>`) },
    { title: "Sentences", class: "number", value: ({ utterances }) => utterances, cell: ({ utterances }) => count(utterances) },
    { title: `Release ${first}`, class: "number", value: (row) => row.first, cell: (row) => percent(row.first, 0) },
    { title: `Release ${second}`, class: "number", value: (row) => row.second, cell: (row) => percent(row.second, 0) },
    { title: "Won", class: "number", value: ({ won }) => won, cell: ({ won }) => won },
    { title: "Lost", class: "number", value: ({ lost }) => lost, cell: ({ lost }) => lost },
    { title: "Difference", class: "number", value: ({ difference }) => difference, cell: (row) => `${signed(row.difference)} (${signed(row.low)} to ${signed(row.high)})` },
  ];
  const confusionColumns = [
    { title: "Is", isHeading: true, value: ({ gold }) => gold, cell: ({ gold }) => named(gold) },
    { title: "Taken for", value: ({ predicted }) => predicted, cell: ({ predicted }) => named(predicted) },
    { title: `Release ${first}`, class: "number", value: (row) => row.first, cell: (row) => row.first },
    { title: `Release ${second}`, class: "number", value: (row) => row.second, cell: (row) => row.second },
    { title: "Change", class: "number", value: ({ change }) => change, cell: ({ change }) => (change > 0 ? `+${change}` : change) },
  ];
  return html`<div class="stack" role="region" aria-label="Result of the comparison">
    ${test && html`<p><strong>Of ${counted(result.n_utterances, "sentence")}, only release ${first} gets ${test.only_first_right} right, and only release ${second} ${test.only_second_right}.</strong>
      ${test.p_value < 0.05 ? " That is more than chance." : " That may be chance."}</p>`}
    <${Table} caption="Figures on the same sentences" columns=${figureColumns} rows=${figures} />
    <h3>By intent</h3><${SortableTable} caption="By intent" columns=${intentColumns} rows=${intents} keyOf=${({ intent }) => intent} />
    ${confusions.length > 0 && html`<h3>What is mixed up more or less often</h3><${SortableTable} caption="What is mixed up" columns=${confusionColumns} rows=${confusions} />`}
  </div>`;

  function judged(row) {
    if (!isCertain(row)) return html`<span class="muted">may be chance</span>`;
    return html`<${Badge} kind="info">release ${(row.difference > 0) !== row.lower_is_better ? second : first}<//>`;
  }
}

const told = ({ figure }, value) => (/cost|ms/.test(figure) ? Number(value.toPrecision(3)) : percent(value));
