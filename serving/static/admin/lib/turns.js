// A turn of a conversation in one shape, whether somebody tried it or a customer sent it, and what decided it in words.

/** The text of a label that no intent fits. */
export const NO_INTENT = "__oos__";

/** What `POST .../try` answered to a text. */
export function turnOfTry(tried, text) {
  return {
    text, turn: tried.turn, release: tried.release, understanding: tried.understanding,
    intent: tried.decision.intent_id, route: tried.decision.route, confidence: ownConfidence(tried.decision, tried.ranking),
    why: tried.decision.why, decidedBy: tried.decision.decided_by, options: tried.decision.options,
    ranking: tried.ranking, outOfScope: tried.out_of_scope_score, entities: tried.entities,
    slots: tried.slots, form: tried.form, tool: tried.tool && callOfTry(tried.tool), llm: tried.llm,
    explanation: tried.explanation, thresholds: tried.explanation?.thresholds || null,
    problem: tried.problem, leftOut: tried.left_out, needsToolAnswer: tried.needs_tool_answer,
    replies: tried.replies, isHandedOver: tried.is_handed_over, timings: tried.timings_ms,
  };
}

/** How sure the model was of the intent that was taken; null if something else decided, such as an open question. */
function ownConfidence({ intent_id: intent, route, confidence }, ranking) {
  const own = ranking.find(({ intent_id: id }) => id === intent);
  if (own) return own.confidence;
  return ranking.length === 0 && route === "intent" ? confidence : null;
}

/** A turn of `GET .../conversations/ID`. */
export function turnOfLog(turn) {
  const slots = Object.entries(turn.form?.slots || {}).map(([name, value]) => ({ name, value }));
  return {
    text: turn.text, turn: turn.turn, release: turn.release, understanding: turn.release,
    intent: turn.intent_id, route: turn.route, confidence: ownConfidence(turn, turn.nlu?.ranking || []),
    why: turn.why, decidedBy: null, options: optionsIn(turn.why),
    ranking: turn.nlu?.ranking || [], outOfScope: turn.nlu?.out_of_scope_score ?? null, entities: turn.nlu?.entities || [],
    slots, form: turn.form, tool: turn.tool && callOfLog(turn.tool), llm: turn.llm,
    explanation: turn.explanation, thresholds: turn.explanation?.thresholds || null,
    problem: null, leftOut: [], needsToolAnswer: false,
    replies: turn.replies, isHandedOver: turn.is_handed_over, timings: turn.timings_ms,
  };
}

const callOfTry = ({ is_called: isCalled, duration_ms: ms, ...call }) => ({ ...call, isCalled, ms, mayHaveActed: false, late: null });

const callOfLog = ({ failure, duration_ms: ms, may_have_acted: mayHaveActed, late_answer: late, ...call }) =>
  ({ ...call, headers: [], isCalled: true, problem: failure || "", ms, mayHaveActed, late });

/** Channels as people call them. */
const CHANNELS = { rest: "the website or an app", facebook: "Messenger" };
export const channelName = (channel) => CHANNELS[channel] || channel;

/** What a customer did, in words where it was no message: opening the chat and pressing a button are sent as `/NAME`. */
export function saidBy(turn) {
  if (!turn.text.startsWith("/") || turn.why !== "shortcut") return turn.text;
  return turn.text === "/init_conversation" ? "(opened the chat)" : `(pressed a button: ${turn.text.slice(1)})`;
}

/** Marks for `MarkedText` of entities as the server finds them. */
export const marksOf = (entities) => entities.map(({ start, end, type }) => ({ begin: start, end, name: type }));

/** Entities as an example has them: `value` is the words of the text. */
export const annotationsOf = (text, entities) => {
  const points = [...text];
  return entities.map(({ start, end, type }) => ({ begin: start, end, name: type, value: points.slice(start, end).join("") }));
};

function optionsIn(why) {
  const found = /^torn between (.+)$/.exec(why || "");
  return found ? found[1].split(", ") : [];
}

/** What became of the turn, for a badge. */
export const ROUTES = {
  intent: { word: "Answered", kind: "good" },
  form: { word: "Answer to a question", kind: "info" },
  cancel: { word: "Cancelled", kind: "plain" },
  clarify: { word: "Asked which is meant", kind: "warn" },
  fallback: { word: "Not understood", kind: "bad" },
};

const SENTENCES = [
  [/^shortcut$/, () => "A button or a text such as /name called the intent, so nothing had to be recognised."],
  [/^most likely$/, () => "It is the likeliest intent, and likely enough."],
  [/^torn between (.+)$/, (found) => `${found[1]} are close to each other, so the customer is asked which one is meant.`],
  [/^nothing to read$/, () => "The message has no letter or digit."],
  [/^nothing in it is known$/, () => "No word of the message was taught."],
  [/^confidence below (.+)$/, (found) => `The likeliest intent is not sure enough: its confidence is below ${found[1]}.`],
  [/^out-of-scope score above (.+)$/, (found) => `The message is unlike anything taught: its out-of-scope score is above ${found[1]}.`],
  [/^an answer to no question$/, () => "It is a yes or no, but nothing was asked."],
  [/^an answer$/, () => "It is a yes or no to the question that was open."],
  [/^chosen by the customer$/, () => "The customer chose this intent when asked which one is meant."],
  [/^none of the options$/, () => "The customer wanted none of the intents that were offered."],
  [/^not confirmed$/, () => "The customer did not confirm."],
  [/^the release has no intent '(.+)'$/, (found) => `The likeliest intent is ${found[1]}, which this release does not have.`],
  [/^answer to the form; (.+)$/, () => "The message answers the question that was open."],
  [/^form is active; (.+)$/, () => "A question was open, and the message is no clear request for something else."],
  [/^digression from (.+?); (.+)$/,
    (found) => `It asks for something else while ${found[1]} was waiting for an answer; the bot comes back to that afterwards.`],
  [/^language model: (.+)$/, (found) => `The language model decided: ${found[1].replace(/^the language model /, "it ")}.`],
  [/^given up: (.+)$/, (found) => `The server gave this message up: ${found[1]}`],
];

/** What decided a turn, as a sentence; what is not known here stays as the log has it. */
export function whyInWords(why) {
  for (const [pattern, sentence] of SENTENCES) {
    const found = pattern.exec(why || "");
    if (found) return sentence(found);
  }
  return why || "";
}

export const ORIGINS = {
  tagger: "recognised in the message", lookup: "a known value in the message", pattern: "matches the entity's pattern",
  system: "recognised as a date, number or the like", llm: "read by the language model", "whole text": "the whole message counts",
  answer: "read as the answer to the question", "earlier turn": "known from an earlier message",
};

export const HOPS = { nlu: "Understanding", llm: "Language model", tool: "Tool", all: "In all", before_commit: "Until it was stored" };

/** A short text for a value of a form. */
export const shownValue = (value) => (typeof value === "string" ? value : JSON.stringify(value));
