// An intent with sample values, rendered by the server while it is written.

import { useEffect, useSignal } from "../../lib/html.js";
import { get, path, post } from "../../lib/http.js";
import { useDelayed, useLoad } from "../../lib/load.js";
import { recall, remember } from "../../lib/memory.js";
import { may } from "../../lib/session.js";

const SAMPLES = { number: 3, integer: 3, date: "2026-12-24", time: "19:30", datetime: "2026-12-24T19:30", email: "ada@example.com", phone: "+44 20 7946 0000", url: "https://example.com", money: "12.50 EUR", boolean: true };

/** A value to begin with for a parameter; `marked` has words of the examples by entity. */
export function sampleOf({ name, type, choices, many }, marked = {}) {
  const one = choices?.[0] ?? marked[type] ?? SAMPLES[type] ?? (type === "free_text" || type === "text" ? `some ${name}` : type);
  return many ? [one] : one;
}

/** What somebody typed as a sample, as the value that it is. */
export function readSample(text, { many, type }) {
  if (many) return text.split(",").map((part) => part.trim()).filter(Boolean);
  if (type === "boolean") return text === "true" || text === "yes";
  return (type === "number" || type === "integer") && text.trim() !== "" && !Number.isNaN(Number(text)) ? Number(text) : text;
}

export const writeSample = (value) => (Array.isArray(value) ? value.join(", ") : String(value ?? ""));

/** The fields of an intent that a preview needs; the ones without a use here are left out. */
const wire = (value) => Object.fromEntries(Object.entries(value).filter(([name, field]) => name !== "trainingData" && field !== null));

const mappingOf = (value) => JSON.stringify(value.apiDetails?.responseMapping ?? null);

/** Sample values of an intent, kept for the next time: `{samples, set(name, text), answer, setAnswer, context}`. */
export function useSamples(bot, intent, value) {
  const key = `samples/${bot}/${intent}`;
  const kept = useSignal(recall(key) || {});
  const parameters = value.parameters || [];
  const examples = useLoad((signal) => get(path`/bots/${bot}/examples`, { intent, limit: 100 }, { signal }), [bot, intent]);
  const marks = (examples.data?.items || []).flatMap(({ entities }) => entities);
  const marked = Object.fromEntries(marks.reverse().map((mark) => [mark.name, mark.value]));
  const given = kept.value.values || {};
  const samples = Object.fromEntries(parameters.map((one) => [one.name, one.name in given ? readSample(given[one.name], one) : sampleOf(one, marked)]));
  const put = (fields) => {
    kept.value = { ...kept.value, ...fields };
    remember(key, kept.value);
  };
  return {
    samples, set: (name, text) => put({ values: { ...kept.value.values, [name]: text } }),
    shown: (one) => (one.name in given ? given[one.name] : writeSample(sampleOf(one, marked))),
    answer: kept.value.answer ?? "", setAnswer: (answer) => put({ answer, mapped: null }),
    // what a mapping kept of a real answer, as long as the mapping is the same
    mapped: kept.value.mapped?.mapping === mappingOf(value) ? kept.value.mapped : null,
    setMapped: ({ result, context }) => put({ answer: "", mapped: { mapping: mappingOf(value), result, context } }),
  };
}

/** A text as the answer that it is: JSON, or plain words; undefined for none. */
export function readAnswer(text) {
  if (!text.trim()) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text; // a tool may answer with plain words
  }
}

/** Ask for a preview: the parameters that an intent declares have values, and the tool answers `answer` if that is JSON. */
export function askPreview(bot, value, { samples, answer = "", mapped = null, tool = "shown" }, options = {}) {
  const read = readAnswer(answer);
  let given = read === undefined ? {} : { tool_answer: read };
  let intent = value;
  if (tool === "shown" && mapped && read === undefined) {
    intent = { ...value, apiDetails: { ...value.apiDetails, responseMapping: null } }; // it was applied already
    given = { tool_answer: mapped.result, context: mapped.context };
  }
  return post(path`/bots/${bot}/draft/preview`, { intent: wire(intent), parameters: samples, tool, ...(tool === "shown" ? given : {}) }, { key: null, ...options });
}

/** The preview of what is typed, a moment after the last key: `{data, error}`. Only authors may ask for one. */
export function usePreview(bot, value, { samples, answer, mapped }) {
  const state = useSignal({ data: null, error: null });
  const late = useDelayed(JSON.stringify({ value, samples, answer, mapped }), 350);
  useEffect(() => {
    if (!may("author", bot)) return undefined;
    const abort = new AbortController();
    const now = JSON.parse(late);
    askPreview(bot, now.value, now, { signal: abort.signal }).then(
      (data) => { state.value = { data, error: null }; },
      (error) => { if (!abort.signal.aborted) state.value = { data: state.value.data, error }; },
    );
    return () => abort.abort();
  }, [bot, late]);
  return state.value;
}
