// Words about releases: verdicts, moves in the journal, and what a draft changes.

import { counted, listed } from "./format.js";

const VERDICTS = {
  passed: { kind: "good", word: "Passed", sentence: "Nothing speaks against it, so it may answer customers." },
  failed: { kind: "bad", word: "Refused", sentence: "It may not answer customers." },
  none: { kind: "warn", word: "Not judged", sentence: "Its training ended without a verdict, so it may not answer customers." },
};
const MOVES = {
  promotion: "Promoted", rollback: "Rolled back", noticed: "Promoted in MLflow", cache: "Started without MLflow",
  trial: "Trial", canary_stop: "Canary stopped",
};
const FIELDS = {
  name: "name", speechResponse: "replies", speechResponses: "replies", quickReplies: "buttons", parameters: "questions",
  apiTrigger: "tool", apiDetails: "tool", confirm: "confirmation", confirmPrompt: "confirmation", resumePrompt: "resume prompt",
  entity_values: "values", pattern: "pattern", lookup: "lookup of known values", language: "language", timezone: "time zone",
  phrases: "phrases", llm: "language model", thresholds: "thresholds", userDefined: "kind",
};
const MOST_NAMED = 6;
const TELLING = 30; // sentences; with fewer, chance says more than the bot

/** `{kind, word, sentence}` of a release. */
export function verdictOf({ verdict, reasons, refused, warnings = [], accuracy }) {
  const { kind, word, sentence } = VERDICTS[verdict] || VERDICTS.none;
  const why = reasons ? capital(reasons) : verdict === "passed" ? passed(warnings, accuracy) || sentence : sentence;
  return { kind, word, sentence: refused ? `${ended(why)} The servers refuse it: ${refused}` : ended(why) };
}

/** What must be said beside "passed", if anything must. */
function passed(warnings, accuracy) {
  if (warnings.length > 0) return `It may answer customers, but know this first: ${warnings.map((warning) => ended(capital(warning))).join(" ")}`;
  const n = accuracy ? accuracy.n ?? TELLING : 0;
  if (n >= TELLING) return "";
  return `It may answer customers, but it was measured on ${n === 0 ? "no sentence" : `only ${counted(n, "sentence")}`}, so nobody knows how good it is: try it yourself.`;
}

/** Where a release is in use: `[{kind, word}]`. */
export function placesOf({ is_live: isLive, aliases }) {
  return [
    isLive && { kind: "good", word: "Live" },
    aliases.includes("canary") && { kind: "info", word: "Canary" },
    aliases.includes("shadow") && { kind: "info", word: "Shadow" },
  ].filter(Boolean);
}

/** What a move in the journal was: `Promoted`. */
export function moveInWords({ kind, why }) {
  if (kind !== "trial") return MOVES[kind] || "Moved";
  return `${/alias canary/.test(why) ? "Canary" : "Shadow"} ${/removed/.test(why) ? "stopped" : "started"}`;
}

/** Why somebody moved a release, without the words of the machine. */
export const reasonOf = ({ why }) => why.replace(/^alias (canary|shadow)( removed)?(: )?/, "");

/** Who has promoted a release: `intentloop train --promote by root@host` is `root@host (intentloop train --promote)`. */
export const whoPromoted = (by) => by.replace(/^(intentloop .+) by (\S+)$/, "$2 ($1)").replace(/ over the admin API$/, "");

/** Sentences that say what a draft changes beside the release that answers; none if nothing. */
export function differenceInWords({ bot, intents, entities }) {
  return [
    bot.length > 0 && `The bot's ${listed(fieldsIn(bot))} ${fieldsIn(bot).length === 1 ? "is" : "are"} different.`,
    ...partsInWords(intents, "intent", "intents"),
    ...partsInWords(entities, "entity", "entities"),
  ].filter(Boolean);
}

function partsInWords(parts, one, many) {
  const named = (change) => parts.filter((part) => part.change === change).map((part) => part.name);
  const [added, removed] = [named("added"), named("removed")];
  const changed = parts.filter((part) => part.change === "changed");
  const said = changed.slice(0, MOST_NAMED).map(({ name, fields }) => `${name}: other ${listed(fieldsIn(fields))}.`);
  return [
    added.length > 0 && `${counted(added.length, one, many)} new: ${some(added)}.`,
    removed.length > 0 && `${counted(removed.length, one, many)} gone: ${some(removed)}.`,
    ...said,
    changed.length > MOST_NAMED && `${counted(changed.length - MOST_NAMED, `more ${one}`, `more ${many}`)} changed.`,
  ];
}

const fieldsIn = (fields) => [...new Set(fields.map(({ field }) => FIELDS[field] || field))];
const some = (names) => (names.length > MOST_NAMED
  ? `${names.slice(0, MOST_NAMED).join(", ")} and ${names.length - MOST_NAMED} others`
  : listed(names));

export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
export const ended = (text) => (/[.!?]$/.test(text) ? text : `${text}.`);
