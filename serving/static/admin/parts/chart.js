// A curve or bars over days. The library is loaded when the first chart is shown.

import { html, useEffect, useRef, useState } from "../lib/html.js";
import { theme } from "../lib/theme.js";
import { Table } from "./table.js";

const HEIGHT = 190;
const HALF_DAY = 43_200;
const DARK = window.matchMedia("(prefers-color-scheme: dark)");
let library = null;

function loadLibrary() {
  library ??= new Promise((resolve, reject) => {
    const sheet = document.createElement("link");
    sheet.rel = "stylesheet";
    sheet.href = new URL("../vendor/uplot.css", import.meta.url).href;
    document.head.append(sheet);
    import("../vendor/uplot.js").then((module) => resolve(module.default), reject);
  });
  library.catch(() => {
    library = null; // the next chart tries again
  });
  return library;
}

/**
 * A figure per day. `days`: `2026-11-29`; `values`, `low` and `high`: a number or null a day; without `low` bars are drawn.
 * `tell(value)` writes a value; `isWhole`: there are no halves. The same figures are in a table that can be opened.
 */
export function Chart({ title, subtitle, days, values, low, high, tell, isWhole = false }) {
  const box = useRef(null);
  const [isMissing, setMissing] = useState(false);
  const [isSystemDark, setSystemDark] = useState(DARK.matches);
  useEffect(() => {
    const change = () => setSystemDark(DARK.matches);
    DARK.addEventListener("change", change);
    return () => DARK.removeEventListener("change", change);
  }, []);
  const drawn = JSON.stringify([days, values, low, high]);
  useEffect(() => {
    const element = box.current;
    let plot = null;
    let isGone = false;
    const resize = new ResizeObserver(() => plot?.setSize({ width: element.clientWidth, height: HEIGHT }));
    loadLibrary().then(
      (uPlot) => {
        if (isGone) return;
        const wanted = { title, tell, isWhole, hasBand: Boolean(low), width: element.clientWidth };
        plot = new uPlot(options(uPlot, wanted), data(days, values, low, high), element);
        resize.observe(element);
      },
      () => setMissing(true),
    );
    return () => {
      isGone = true;
      resize.disconnect();
      plot?.destroy();
    };
  }, [drawn, theme.value, isSystemDark]);
  const columns = [
    { title: "Day", isHeading: true, cell: (at) => days[at] },
    { title, class: "number", cell: (at) => tell(values[at]) },
    ...(low
      ? [{ title: "95 % interval", class: "number", cell: (at) => (values[at] === null ? "–" : `${tell(low[at])} to ${tell(high[at])}`) }]
      : []),
  ];
  return html`<figure class="card chart">
    <figcaption><strong>${title}</strong> ${subtitle && html`<span class="muted small-text">${subtitle}</span>`}</figcaption>
    ${isMissing
      ? html`<p class="muted">The chart could not be loaded; the table has its figures.</p>`
      : html`<div class="chart-box" ref=${box} aria-hidden="true"></div>`}
    <details><summary class="small-text">As a table</summary>
      <${Table} caption=${`${title} by day`} columns=${columns} rows=${days.map((_, at) => at)} /></details>
  </figure>`;
}

const WHOLE = [1, 2, 5].flatMap((step) => [1, 10, 100, 1000, 10_000, 100_000].map((power) => step * power)).sort((a, b) => a - b);

const data = (days, values, low, high) => [
  days.map((day) => Date.parse(`${day}T00:00:00Z`) / 1000),
  values,
  ...(low ? [low, high] : []),
];

/** What is under the pointer stands in the legend, which is hidden while nothing is. */
const showLegend = (plot) => plot.root.classList.toggle("at-rest", plot.cursor.idx === null || plot.cursor.idx === undefined);

function options(uPlot, { title, tell, isWhole, hasBand, width }) {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  const [accent, muted, line] = [colour("accent"), colour("muted"), colour("line")];
  const font = `12px ${style.getPropertyValue("font-family") || "sans-serif"}`;
  const axis = { stroke: muted, grid: { stroke: line, width: 1 }, ticks: { show: false }, font };
  const days = { ...axis, size: 32, gap: 9, space: 70, values: [[86400, "{D} {MMM}", null, null, null, null, null, null, 0]] };
  const amounts = { ...axis, size: 62, values: (_, ticks) => ticks.map(tell), ...(isWhole ? { incrs: WHOLE } : {}) };
  const told = (_, value) => (value === null || value === undefined ? "–" : tell(value));
  const edge = { stroke: "transparent", width: 0, points: { show: false } };
  const main = { label: title, value: told, stroke: accent, width: 2, spanGaps: false };
  const bars = { ...main, fill: accent, width: 0, paths: uPlot.paths.bars({ size: [0.7, 40] }), points: { show: false } };
  return {
    width, height: HEIGHT,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
    cursor: { drag: { setScale: false, x: false }, points: { size: 7 } },
    legend: { live: true, markers: { show: false } },
    scales: {
      x: { range: (_, first, last) => [first - HALF_DAY, last + HALF_DAY] },
      y: { range: (_, least, most) => [0, most > 0 ? most * 1.08 : 1] },
    },
    hooks: { ready: [showLegend], setLegend: [showLegend], ...(hasBand ? { draw: [(plot) => drawIntervals(plot, accent)] } : {}) },
    axes: [days, amounts],
    series: [{ label: "Day", value: "{D} {MMM}" }, hasBand ? main : bars, ...(hasBand ? [edge, edge] : [])],
  };
}

/** Draw each day's interval as a line through its point. */
function drawIntervals(plot, colour) {
  const { ctx: pen } = plot;
  pen.save();
  pen.strokeStyle = `${colour}66`;
  pen.lineWidth = 3 * devicePixelRatio;
  plot.data[0].forEach((at, index) => {
    const [, values, low, high] = plot.data;
    if (values[index] === null) return;
    const x = plot.valToPos(at, "x", true);
    pen.beginPath();
    pen.moveTo(x, plot.valToPos(low[index], "y", true));
    pen.lineTo(x, plot.valToPos(high[index], "y", true));
    pen.stroke();
  });
  pen.restore();
}
