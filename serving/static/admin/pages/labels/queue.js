// The texts that wait for a label. Everything that a key acts on is changed at once, before anything is drawn again.

import { batch, computed, signal } from "../../lib/html.js";
import { get, path } from "../../lib/http.js";

export const OUT_OF_SCOPE = "__oos__";
const PAGE = 50;
const FEW = 15;
const PAUSE_MS = 60_000;
const MOST_GUESSES = 9;

/** The intents that somebody has proposed for a text, `[{intent_id, by, confidence}]`, the most reliable first. */
export function guessesOf(label) {
  const found = new Map();
  for (const { by, intent_id: id, confidence } of label.proposals) {
    const known = found.get(id) || { intent_id: id, by: [], confidence: null };
    known.by.push(by);
    known.confidence = Math.max(known.confidence ?? 0, confidence ?? 0) || null;
    found.set(id, known);
  }
  return [...found.values()];
}

/** Those that the keys 1 to 9 take. */
export const numbered = (label) => guessesOf(label).filter(({ intent_id: id }) => id !== OUT_OF_SCOPE).slice(0, MOST_GUESSES);

export class LabelQueue {
  #bot;
  #outbox;
  #next = null;
  #load = 0;
  #decided = new Set();
  #last = null;

  items = signal([]);
  at = signal(0);
  /** Annotations that were changed here, by the label's key. */
  annotations = signal(new Map());
  /** Whether texts that say nearly the same are decided at once. */
  isTogether = signal(true);
  /** Whether another intent is searched for. */
  isSearching = signal(false);
  filter = signal({});
  counts = signal(null);
  isLoading = signal(true);
  error = signal(null);
  /** What was decided since the page was opened, the latest last: `[{labels, status, intent_id, entries, at}]`. */
  history = signal([]);
  /** How many texts were decided in how much time at work. */
  pace = signal({ n: 0, ms: 0 });
  current = computed(() => this.items.value[this.at.value] ?? null);
  alike = computed(() => this.#alikeOf(this.current.value));

  constructor(bot, outbox) {
    this.#bot = bot;
    this.#outbox = outbox;
  }

  /** Begin with the most valuable texts of a filter, `{source, intent}`. */
  async load(filter = this.filter.value) {
    batch(() => {
      this.filter.value = filter;
      this.items.value = [];
      this.at.value = 0;
      this.error.value = null;
    });
    await this.#fetch(null);
  }

  /** Accept, reject or skip the current text, and those that say nearly the same. */
  decide(status, intentId = null) {
    const label = this.current.value;
    if (label === null) return;
    const labels = [label, ...(this.isTogether.value ? this.alike.value : [])];
    const entries = this.#outbox.add(labels.map(({ key }) => this.#decision(key, status, intentId)));
    for (const { key } of labels) this.#decided.add(key);
    batch(() => {
      const at = this.at.value;
      this.items.value = this.items.value.filter(({ key }) => !this.#decided.has(key));
      this.at.value = Math.max(0, Math.min(at, this.items.value.length - 1));
      this.isSearching.value = false;
      this.history.value = [...this.history.value.slice(-49), { labels, status, intent_id: intentId, entries, at }];
      this.#count(labels, status);
      this.#measure(labels.length);
    });
    if (this.#next && this.items.value.length < FEW) this.#fetch(this.#next);
  }

  /** Look whether more has come, once everything is decided and sent. */
  lookAgain() {
    if (this.items.peek().length === 0 && this.history.peek().length > 0) this.#fetch(null);
  }

  /** Accept the guess at a place, from 0; nothing happens if there are fewer. */
  take(place) {
    const guess = this.current.value && numbered(this.current.value)[place];
    if (guess) this.decide("accepted", guess.intent_id);
  }

  /** Undo the latest decision and show its text again. */
  undo() {
    const last = this.history.value.at(-1);
    if (!last) return;
    this.#outbox.undo(last.entries);
    for (const { key } of last.labels) this.#decided.delete(key);
    batch(() => {
      this.history.value = this.history.value.slice(0, -1);
      this.#count(last.labels, last.status, -1);
      this.pace.value = { ...this.pace.value, n: Math.max(0, this.pace.value.n - last.labels.length) };
    });
    this.putBack(last.labels, last.at);
  }

  /** Show texts again that were accepted elsewhere on the page and are open once more. */
  reopen(labels) {
    this.#count(labels, "accepted", -1);
    this.putBack(labels.map((label) => ({ ...label, status: "open" })));
  }

  /** Show texts again that are open, or are to be decided once more. */
  putBack(labels, at = 0) {
    const known = new Set(labels.map(({ key }) => key));
    for (const key of known) this.#decided.delete(key);
    batch(() => {
      const rest = this.items.value.filter(({ key }) => !known.has(key));
      const place = Math.min(at, rest.length);
      this.items.value = [...rest.slice(0, place), ...labels, ...rest.slice(place)];
      this.at.value = place;
    });
  }

  /** Go to another text without deciding this one. */
  move(step) {
    this.at.value = Math.max(0, Math.min(this.at.value + step, this.items.value.length - 1));
  }

  annotate(key, entities) {
    this.annotations.value = new Map(this.annotations.value).set(key, entities);
  }

  entitiesOf(label) {
    return this.annotations.value.get(label.key) ?? label.entities;
  }

  #decision(key, status, intentId) {
    const entities = status === "accepted" && intentId !== OUT_OF_SCOPE ? this.annotations.value.get(key) : undefined;
    return { key, status, intent_id: intentId ?? undefined, entities };
  }

  #alikeOf(label) {
    if (label === null || !label.cluster) return [];
    return this.items.value.filter(({ key, cluster }) => cluster === label.cluster && key !== label.key);
  }

  /** Count texts as decided, or with a `sign` of -1 as open again. */
  #count(labels, status, sign = 1) {
    const counts = this.counts.value;
    if (!counts) return;
    const [n, agreed] = [sign * labels.length, sign * labels.filter((label) => label.agreed).length];
    const than = (name, change) => Math.max(0, counts[name] + change);
    this.counts.value = { ...counts, open: than("open", -n), agreed: than("agreed", -agreed), [status]: than(status, n) };
  }

  #measure(n) {
    const now = performance.now();
    const spent = Math.min(now - (this.#last ?? now), PAUSE_MS);
    this.#last = now;
    this.pace.value = { n: this.pace.value.n + n, ms: this.pace.value.ms + spent };
  }

  async #fetch(cursor) {
    if (cursor !== null && this.isLoading.value) return;
    this.isLoading.value = true;
    const load = (this.#load += 1);
    try {
      const found = await get(path`/bots/${this.#bot}/labels`, { status: "open", limit: PAGE, cursor, ...this.filter.value });
      if (load === this.#load) this.#take(found);
    } catch (error) {
      if (load !== this.#load) return; // another filter was chosen meanwhile
      batch(() => {
        this.error.value = error;
        this.isLoading.value = false;
      });
    }
  }

  #take({ labels, counts, next }) {
    const waiting = new Set(this.#outbox.entries.value.filter(({ kind }) => kind === "decide").map(({ key }) => key));
    const known = new Set(this.items.value.map(({ key }) => key));
    const fresh = labels.filter(({ key }) => !waiting.has(key) && !known.has(key) && !this.#decided.has(key));
    this.#next = next;
    this.#last ??= performance.now();
    batch(() => {
      this.items.value = [...this.items.value, ...fresh];
      this.counts.value = { ...counts, open: Math.max(0, counts.open - waiting.size) };
      this.isLoading.value = false;
    });
    if (next && this.items.value.length < FEW) this.#fetch(next);
  }
}
