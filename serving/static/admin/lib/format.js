// Numbers, shares and times as people read them.

const WHOLE = new Intl.NumberFormat("en");
const MOMENT = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });
const CLOCK = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });
const DAY = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium" });
const RELATIVE = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const STEPS = [["second", 60], ["minute", 60], ["hour", 24], ["day", 30], ["month", 12], ["year", Infinity]];

export const count = (value) => (value === null || value === undefined ? "–" : WHOLE.format(value));

/** `1 example`, `2 examples`. */
export const counted = (value, one, many = `${one}s`) => `${WHOLE.format(value)} ${value === 1 ? one : many}`;

/** .9234 as `92.3 %`. */
export function percent(share, digits = 1) {
  return share === null || share === undefined ? "–" : `${(share * 100).toFixed(digits)} %`;
}

/** A confidence: `.92`. */
export const confidence = (value) => (value === null || value === undefined ? "–" : value.toFixed(2));

export const moment = (text) => (text ? MOMENT.format(new Date(text)) : "–");
/** The time of day to the second: `23:04:10`. */
export const clock = (text) => (text ? CLOCK.format(new Date(text)) : "–");
export const day = (text) => (text ? DAY.format(new Date(text)) : "–");

/** `3 minutes ago`. */
export function ago(text, now = Date.now()) {
  if (!text) return "never";
  let amount = (new Date(text).getTime() - now) / 1000;
  for (const [unit, size] of STEPS) {
    if (Math.abs(amount) < size) return RELATIVE.format(Math.trunc(amount), unit);
    amount /= size;
  }
  return moment(text);
}

/** Milliseconds as `840 ms` or `1.2 s`. */
export const milliseconds = (value) => (value < 1000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(1)} s`);

/** `a, b and c`. */
export function listed(words) {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words[words.length - 1]}`;
}
