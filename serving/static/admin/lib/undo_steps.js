// What can be undone of one resource, kept for this tab: it outlives a reload and a visit to another page.

import { signal } from "./html.js";

const ONE_STEP_MS = 1200;
const MOST_STEPS = 100;
const MOST_KEPT = 500_000; // characters, of the five million or so that a browser gives a site

export class UndoSteps {
  constructor(key) {
    this.key = `intentloop.undo/${key}`;
    /** `[{names, before, at}]`: the fields that a step changed, as they were. */
    this.steps = [];
    this.count = signal(0);
  }

  put(steps) {
    this.steps = steps.slice(-MOST_STEPS);
    this.count.value = this.steps.length;
  }

  /** Note the fields of `value` before they change; changes of the same ones in quick succession are one step. */
  note(fields, value, { isApart = false } = {}) {
    const names = Object.keys(fields).join(" ");
    const last = this.steps.at(-1);
    if (!isApart && last?.names === names && Date.now() - last.at <= ONE_STEP_MS) {
      last.at = Date.now();
      return;
    }
    const before = Object.fromEntries(Object.keys(fields).map((name) => [name, value[name] ?? null]));
    this.put([...this.steps, { names, before, at: isApart ? 0 : Date.now() }]);
  }

  /** Take the last step back: its fields as they were; null: there is none. */
  pop() {
    const step = this.steps.at(-1);
    if (step) this.put(this.steps.slice(0, -1));
    return step ? step.before : null;
  }

  /** Keep the steps beside the state of the server that they lead away from. */
  keep(etag) {
    let steps = this.steps;
    let text = JSON.stringify({ etag, steps });
    while (text.length > MOST_KEPT && steps.length) {
      steps = steps.slice(Math.ceil(steps.length / 2));
      text = JSON.stringify({ etag, steps });
    }
    try {
      if (steps.length) sessionStorage.setItem(this.key, text);
      else sessionStorage.removeItem(this.key);
    } catch {
      this.isForgetful = true; // closed or full: they last as long as the page
    }
  }

  /** Take what an earlier visit kept, if nobody has changed the resource since. */
  restore(etag) {
    if (this.steps.length) return;
    try {
      const kept = JSON.parse(sessionStorage.getItem(this.key));
      if (kept?.etag === etag && Array.isArray(kept.steps)) this.put(kept.steps);
      else sessionStorage.removeItem(this.key);
    } catch {
      this.isForgetful = true;
    }
  }
}
