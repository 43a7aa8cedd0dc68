import { html } from "../../lib/html.js";
import { confidence, percent } from "../../lib/format.js";

const [WIDTH, HEIGHT, LEFT, BOTTOM, TOP] = [640, 220, 62, 32, 12];
const CURVES = [
  { name: "wrong", title: "Answered wrongly" },
  { name: "needless", title: "Refused although understood" },
  { name: "asked", title: "Asked" },
  { name: "outside", title: "About something else, answered" },
];

/** The shares over the threshold, with a line where it stands and one where the live release has it. */
export function TradeOffChart({ points, at, own }) {
  const last = points[points.length - 1].confidence || 1;
  const highest = Math.max(0.05, ...points.flatMap((point) => CURVES.map(({ name }) => point[name] ?? 0)));
  const top = Math.ceil(highest * 20) / 20;
  const x = (value) => LEFT + (value / last) * (WIDTH - LEFT - 8);
  const y = (share) => TOP + (1 - share / top) * (HEIGHT - TOP - BOTTOM);
  const here = points[at];
  const curves = CURVES.filter(({ name }) => points.some((point) => point[name] !== null));
  const line = (name) => points.filter((point) => point[name] !== null)
    .map((point, place) => `${place ? "L" : "M"}${x(point.confidence).toFixed(1)} ${y(point[name]).toFixed(1)}`).join("");
  const said = curves.map(({ name, title }) => `${title} ${percent(here[name])}`).join(", ");
  const summary = `Shares over the threshold from 0 to ${confidence(last)}. At ${confidence(here.confidence)}: ${said}.`;
  const [left, right, bottom] = [LEFT, WIDTH - 8, HEIGHT - BOTTOM];
  return html`<figure class="trade-off">
    <svg viewBox=${`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label=${summary}>
      ${[0, 0.25, 0.5, 0.75, 1].map((part) => html`<g key=${part}>
        <line class="grid-line" x1=${left} x2=${right} y1=${y(part * top)} y2=${y(part * top)} />
        <text x=${left - 8} y=${y(part * top) + 4} text-anchor="end">${percent(part * top, 0)}</text></g>`)}
      ${[0, 0.2, 0.4, 0.6, 0.8, 1].filter((value) => value <= last).map((value) => html`
        <text key=${value} x=${x(value)} y=${HEIGHT - 8} text-anchor="middle">${value.toFixed(1)}</text>`)}
      ${own >= 0 && html`<line class="own-line" x1=${x(points[own].confidence)} x2=${x(points[own].confidence)} y1=${TOP} y2=${bottom} />`}
      <line class="here-line" x1=${x(here.confidence)} x2=${x(here.confidence)} y1=${TOP} y2=${bottom} />
      ${curves.map(({ name }) => html`<path key=${name} class=${`curve-${name}`} d=${line(name)} />`)}
      ${curves.map(({ name }) => here[name] !== null && html`
        <circle key=${name} class=${`dot-${name}`} cx=${x(here.confidence)} cy=${y(here[name])} r="4" />`)}
    </svg>
    <figcaption class="row small-text">${curves.map(({ name, title }) => html`<span key=${name}>
      <span class=${`swatch outcome-${name}`} aria-hidden="true"></span>${title}</span>`)}</figcaption>
  </figure>`;
}
