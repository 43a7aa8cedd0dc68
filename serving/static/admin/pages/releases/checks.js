import { html } from "../../lib/html.js";
import { count, milliseconds, percent } from "../../lib/format.js";
import { capital } from "../../lib/releases.js";
import { Badge } from "../../parts/badge.js";
import { Table } from "../../parts/table.js";

function told(value, unit) {
  if (unit === "share") return percent(value);
  if (unit === "ms") return milliseconds(value);
  return unit === "p" ? `p = ${value.toPrecision(2)}` : count(Math.round(value * 10) / 10);
}

const interval = ({ low, high, unit }) => (low === null || low === undefined ? "–" : `${told(low, unit)} to ${told(high, unit)}`);

function limitOf({ limit, is_floor: isFloor, unit }) {
  if (limit === null || limit === undefined) return "none";
  if (!isFloor && limit === 0) return "none allowed";
  return `at ${isFloor ? "least" : "most"} ${told(limit, unit)}`;
}

function resultOf({ passed, limit, value, is_floor: isFloor }) {
  if (!passed) return { kind: "bad", word: "Failed" };
  if (limit === null || limit === undefined) return { kind: "plain", word: "Shown only" };
  return (isFloor ? value < limit : value > limit) ? { kind: "warn", word: "Let pass" } : { kind: "good", word: "Passed" };
}

/** Everything that was checked before the verdict, what failed first. */
export function Checks({ measures }) {
  if (measures.length === 0) return null;
  const rows = [...measures].sort((a, b) => Number(a.passed) - Number(b.passed));
  const columns = [
    { title: "Check", isHeading: true, class: "wide-cell", cell: ({ name }) => capital(name) },
    { title: "Value", class: "number", cell: ({ value, unit }) => told(value, unit) },
    { title: "95 % interval", class: "number", cell: interval },
    { title: "Limit", class: "nowrap", cell: limitOf },
    { title: "Of", class: "number", cell: ({ n }) => count(n) },
    { title: "Result", cell: (row) => html`<${Badge} kind=${resultOf(row).kind}>${resultOf(row).word}<//>` },
  ];
  return html`<section class="stack" aria-labelledby="checks"><h2 id="checks">What was checked</h2>
    <${Table} caption="What was checked" columns=${columns} rows=${rows} /></section>`;
}
