// Decisions that the server does not have yet: kept in this browser, sent one after another in the order they were made.

import { effect, signal } from "../../lib/html.js";
import { ApiError, newKey, signedOut } from "../../lib/http.js";
import { recall, remember } from "../../lib/memory.js";
import { me } from "../../lib/session.js";
import { decide, takeBack } from "./delivery.js";

const WAITS_MS = [1000, 2000, 4000, 8000, 15000, 30000];
const outboxes = new Map();

/** The outbox of the person who is signed in; it goes on sending while another page is shown. */
export function outboxOf(bot, who = me.value.id) {
  const name = `labels.${who}.${bot}`;
  if (!outboxes.has(name)) outboxes.set(name, new Outbox(bot, who, name));
  return outboxes.get(name);
}

class Outbox {
  #name;
  #who;
  #bot;
  #mine = new Set();
  #sending = null;
  #timer = null;
  #failures = 0;

  /** `[{id, kind: "decide" | "undo", key, status, intent_id, entities, was}]`; changed synchronously. */
  entries = signal([]);
  /** Decisions that the server has not taken: `[{entry, theirs: {label, etag} | null, message}]`. */
  problems = signal([]);
  /** Why nothing could be sent lately, in words; null while it goes well. */
  trouble = signal(null);
  /** Whether the browser has kept all of it. */
  isKept = signal(true);

  constructor(bot, who, name) {
    this.#bot = bot;
    this.#who = who;
    this.#name = name;
    const kept = recall(name);
    this.entries.value = Array.isArray(kept?.entries) ? kept.entries : [];
    this.problems.value = Array.isArray(kept?.problems) ? kept.problems : [];
    for (const { id } of this.entries.value) this.#mine.add(id);
    window.addEventListener("online", () => this.#sendNow());
    window.addEventListener("beforeunload", (event) => {
      if (!this.isKept.value && this.entries.value.length) event.preventDefault();
    });
    effect(() => {
      if (!signedOut.value && me.value?.id === who) queueMicrotask(() => this.#sendNow());
    });
  }

  /** Keep decisions and send them when it is their turn; gives their entries. */
  add(decisions) {
    const added = decisions.map((decision) => ({ id: newKey(), kind: "decide", was: "open", ...decision }));
    for (const { id } of added) this.#mine.add(id);
    this.#change([...this.entries.value, ...added]);
    this.#send();
    return added;
  }

  /** Take decisions back: what has not left yet is forgotten, the rest is undone at the server. */
  undo(entries) {
    const waiting = new Set(this.entries.value.map(({ id }) => id).filter((id) => id !== this.#sending));
    const unsent = new Set(entries.map(({ id }) => id).filter((id) => waiting.has(id)));
    const refused = new Set(this.problems.value.map(({ entry }) => entry.id));
    this.problems.value = this.problems.value.filter(({ entry }) => !entries.some(({ id }) => id === entry.id));
    const undone = entries.filter(({ id }) => !unsent.has(id) && !refused.has(id)).map((entry) => ({ ...entry, id: newKey(), kind: "undo" }));
    for (const { id } of undone) this.#mine.add(id);
    this.#change([...this.entries.value.filter(({ id }) => !unsent.has(id)), ...undone]);
    this.#send();
  }

  /** Keep what somebody else has decided, or what could not be used, as it is. */
  dismiss(problem) {
    this.problems.value = this.problems.value.filter((each) => each !== problem);
    this.#store();
  }

  /** Try now, without waiting for the next attempt. */
  retry = () => this.#sendNow();

  isWaiting(id) {
    return this.entries.value.some((entry) => entry.id === id);
  }

  #sendNow() {
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#failures = 0;
    this.#send();
  }

  async #send() {
    if (this.#sending !== null || this.#timer !== null) return;
    while (this.entries.value.length && !signedOut.value && me.value?.id === this.#who) {
      const entry = this.entries.value[0];
      this.#sending = entry.id;
      try {
        const problem = await (entry.kind === "undo" ? takeBack : decide)(this.#bot, entry, me.value.name);
        this.#failures = 0;
        this.trouble.value = null;
        this.#settle(entry, problem);
      } catch (error) {
        this.#wait(error);
        return;
      } finally {
        this.#sending = null;
      }
    }
  }

  #settle(entry, problem) {
    const later = this.entries.value.filter(({ id }) => id !== entry.id);
    const undo = problem && later.find(({ kind, key }) => kind === "undo" && key === entry.key);
    // what was refused and is to be undone anyway concerns nobody
    if (problem && !undo) this.problems.value = [...this.problems.value, { entry, ...problem }];
    this.#change(later.filter((each) => each !== undo));
  }

  #wait(error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 401) return; // whoever signs in again goes on
    this.trouble.value = error.message;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#send();
    }, WAITS_MS[Math.min(this.#failures, WAITS_MS.length - 1)]);
    this.#failures += 1;
  }

  #change(entries) {
    this.entries.value = entries;
    this.#store();
  }

  #store() {
    const [entries, problems] = [this.entries.value, this.problems.value];
    // another tab of the same person keeps its decisions under the same name
    const others = (recall(this.#name)?.entries || []).filter(({ id }) => !this.#mine.has(id));
    const all = [...others, ...entries];
    this.isKept.value = remember(this.#name, all.length || problems.length ? { entries: all, problems } : null);
  }
}
