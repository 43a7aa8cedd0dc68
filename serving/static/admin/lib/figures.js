// The figures of a bot: which there are, what they mean, and where their conversations are.

import { count, percent } from "./format.js";
import { link } from "./router.js";

/** Shares: `name` as the API has it, in words, and the conversations that it counts. */
export const SHARES = [
  { name: "containment", title: "Contained", means: "conversations that no person had to take over", query: { intent: "handover" }, leads: "those handed over" },
  { name: "fallback", title: "Not understood", means: "messages that nothing fitted", query: { route: "fallback" } },
  { name: "clarification", title: "Asked which was meant", means: "messages where two intents were too close", query: { route: "clarify" } },
  { name: "llm", title: "Language model needed", means: "messages that the trained model was not sure of", query: { having: "llm" } },
  { name: "tool_failures", title: "Tool failures", means: "tool calls without a usable answer", query: { having: "tool_failure" } },
];

const DAY_MS = 86_400_000;

/** A day `days` before today, in UTC: `2026-11-29`. */
export const dayBefore = (days, now = Date.now()) => new Date(now - days * DAY_MS).toISOString().slice(0, 10);

/** The address of the conversations of a period, both days included. */
export function conversationsOf(bot, { since, until }, query = {}) {
  const end = new Date(Date.parse(`${until}T00:00:00Z`) + DAY_MS).toISOString().slice(0, 10);
  return link(["bots", bot, "conversations"], { ...query, since: `${since}T00:00:00Z`, until: `${end}T00:00:00Z` });
}

/** A share in words: `92.3 %`, of nothing `–`. */
export const shareInWords = ({ share }) => (share === null ? "–" : percent(share));

/** What a share was counted from, and its 95 % interval: `12 of 340 (2 to 6 %)`. */
export function evidenceOf({ share, low, high, count: counted, of }) {
  if (share === null) return "nothing to count";
  return `${count(counted)} of ${count(of)} (${(low * 100).toFixed(0)} to ${(high * 100).toFixed(0)} %)`;
}

/** A cost with as many digits as it needs; the currency is the operator's. */
export const costInWords = (cost) => (cost === null || cost === undefined ? "–" : cost.toLocaleString("en", { maximumFractionDigits: cost < 1 ? 4 : 2 }));
