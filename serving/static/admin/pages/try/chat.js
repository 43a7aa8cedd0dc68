// A conversation with the draft or a release: sent one message after the other, however fast somebody types.

import { computed, signal } from "../../lib/html.js";
import { newKey, path, post } from "../../lib/http.js";
import { turnOfTry } from "../../lib/turns.js";

let nextId = 1;

/** What is tried and what came back; `entries` are `{id, text, shown, turn, state, error, isWaiting, tools}`. */
export class Chat {
  constructor(bot, release) {
    this.bot = bot;
    this.release = signal(release);
    this.tools = signal("shown");
    this.entries = signal([]);
    this.chosenId = signal(null);
    this.thread = null;
    this.line = Promise.resolve();
    this.chosen = computed(() => {
      const answered = this.entries.value.filter(({ turn }) => turn);
      return answered.find(({ id }) => id === this.chosenId.value) || answered[answered.length - 1] || null;
    });
    this.isWaiting = computed(() => this.entries.value.some(({ isWaiting }) => isWaiting));
  }

  /** Send a text; `shown` is what a button says instead of it. */
  send(text, shown = text) {
    const entry = { id: nextId++, text, shown, key: newKey(), release: this.release.value, tools: this.tools.value, turn: null, state: null, error: null, isWaiting: true };
    this.entries.value = [...this.entries.value, entry];
    this.chosenId.value = null;
    this.#enqueue(entry.id, {});
  }

  /** Answer a message once more, from the state before it: with tools called, or with what a tool would say. */
  again(id, more = {}) {
    const answered = this.entries.value.find((entry) => entry.id === id)?.turn !== null;
    this.#change(id, { isWaiting: true, error: null, ...(answered ? { key: newKey() } : {}) });
    this.#enqueue(id, answered ? { state: this.#stateBefore(id), ...more } : more);
  }

  /** Forget the conversation; gives a function that brings it back. */
  startAgain() {
    const before = { entries: this.entries.value, thread: this.thread };
    this.entries.value = [];
    this.thread = null;
    this.chosenId.value = null;
    return () => {
      this.entries.value = before.entries;
      this.thread = before.thread;
    };
  }

  #stateBefore(id) {
    const at = this.entries.value.findIndex((entry) => entry.id === id);
    return this.entries.value.slice(0, at).reverse().find(({ state }) => state)?.state || {};
  }

  #enqueue(id, more) {
    this.line = this.line.then(() => this.#ask(id, more));
  }

  async #ask(id, more) {
    const entry = this.entries.value.find((each) => each.id === id);
    if (!entry) return; // started again meanwhile
    const body = { text: entry.text, release: entry.release, tools: entry.tools, ...(this.thread ? { thread_id: this.thread } : {}), ...more };
    try {
      const tried = await post(path`/bots/${this.bot}/try`, body, { key: entry.key });
      if (!this.entries.value.some((each) => each.id === id)) return;
      this.thread = tried.thread_id;
      this.#change(id, { isWaiting: false, turn: turnOfTry(tried, entry.text), state: tried.state, unknown: tried.unknown_intents });
    } catch (error) {
      this.#change(id, { isWaiting: false, error });
    }
  }

  #change(id, change) {
    this.entries.value = this.entries.value.map((entry) => (entry.id === id ? { ...entry, ...change } : entry));
  }
}
