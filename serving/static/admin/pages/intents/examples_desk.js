// The examples of one intent on the screen, and the changes to them that the server does not have yet, in order.

import { batch, signal } from "../../lib/html.js";
import { forgetNames } from "../../lib/bots.js";
import { counted } from "../../lib/format.js";
import { get, newKey, path } from "../../lib/http.js";
import { say } from "../../lib/notices.js";
import { Outbox } from "../../lib/outbox.js";
import { SEND } from "./examples_sending.js";

const PAGE = 200;
const PAUSE_MS = 600;
let lastUid = 0;

export class ExamplesDesk {
  constructor(bot, intent) {
    this.bot = bot;
    this.intent = intent;
    /** `[{uid, key, etag, text, entities, findings, position}]`; without a `key` while it is not stored yet. */
    this.items = signal(null);
    this.next = signal(null);
    this.loadError = signal(null);
    /** The deletions of this visit that can be taken back, `[{examples}]`. */
    this.deleted = signal([]);
    this.filter = {};
    this.loads = 0;
    this.outbox = new Outbox(`examples/${bot}/${intent}`, {
      send: (op) => SEND[op.kind](this, op),
      onDone: () => forgetNames(bot),
      // its key is a hash of its content: whoever was faster has left another one
      isConflict: (error, op) => op.kind === "edit" && (error.status === 404 || error.status === 412),
    });
    this.outbox.save();
  }

  get queue() {
    return this.outbox.queue;
  }

  /** Load the first page of what a filter lets through: `{text, entity, finding}`. */
  async load(filter = this.filter) {
    this.filter = filter;
    const mine = ++this.loads;
    this.loadError.value = null;
    try {
      const page = await this.page(null);
      if (mine !== this.loads) return;
      batch(() => {
        this.items.value = [...this.pending(), ...this.overlaid(page.items)];
        this.next.value = page.next;
      });
    } catch (error) {
      if (mine === this.loads) this.loadError.value = error;
    }
  }

  async more() {
    const cursor = this.next.value;
    if (!cursor || this.isLoadingMore) return;
    this.isLoadingMore = true;
    try {
      const page = await this.page(cursor);
      if (cursor !== this.next.value) return;
      const known = new Set(this.items.value.map(({ key }) => key));
      batch(() => {
        this.items.value = [...this.items.value, ...this.overlaid(page.items).filter(({ key }) => !known.has(key))];
        this.next.value = page.next;
      });
    } catch (error) {
      this.loadError.value = error;
    } finally {
      this.isLoadingMore = false;
    }
  }

  page(cursor) {
    return get(path`/bots/${this.bot}/examples`, { ...this.filter, intent: this.intent, limit: PAGE, cursor });
  }

  /** Rows of the server with the changes that it does not have yet. */
  overlaid(rows) {
    const gone = new Set(this.queue.filter(({ kind }) => kind !== "edit").flatMap(({ keys }) => keys || []));
    const edits = new Map(this.queue.filter(({ kind }) => kind === "edit").map((op) => [op.key, op]));
    return rows.filter(({ key }) => !gone.has(key)).map((row) => {
      const edit = edits.get(row.key);
      return edit ? { ...row, uid: edit.uid, text: edit.text, entities: edit.entities } : { ...row, uid: newUid() };
    });
  }

  /** Examples that are added and not stored yet. */
  pending() {
    return this.queue.filter(({ kind }) => kind === "add").flatMap(({ examples }) => examples)
      .slice(0, PAGE).map((row) => ({ uid: row.uid, text: row.text, entities: row.entities || [], findings: [] }));
  }

  item = (uid) => this.items.value?.find((row) => row.uid === uid);

  put(uid, fields) {
    if (this.items.value) this.items.value = this.items.value.map((row) => (row.uid === uid ? { ...row, ...fields } : row));
  }

  /** Add examples, `[{text, entities}]`; `isTold` says afterwards how many were new. */
  add(examples, { isTold = false } = {}) {
    const rows = examples.map((row) => ({ ...row, uid: newUid() }));
    const shown = rows.slice(0, PAGE).map((row) => ({ ...row, entities: row.entities || [], findings: [] }));
    this.items.value = [...shown, ...(this.items.value || [])];
    this.outbox.push({ kind: "add", idem: newKey(), examples: rows, isTold });
  }

  /** Change the text or the marks of an example; what is typed on is one change. */
  edit(uid, fields, { now = false } = {}) {
    const row = this.item(uid);
    if (!row) return;
    const { text, entities } = { ...row, ...fields };
    this.put(uid, { text, entities });
    const readyAt = now ? 0 : Date.now() + PAUSE_MS;
    const added = this.queue.find((op) => op.kind === "add" && !op.isSent && op.examples.some((each) => each.uid === uid));
    const waiting = this.queue.find((op) => op.kind === "edit" && op.uid === uid && !op.isSent);
    if (added) Object.assign(added.examples.find((each) => each.uid === uid), { text, entities });
    else if (waiting) Object.assign(waiting, { text, entities, readyAt });
    else {
      this.outbox.push({ kind: "edit", uid, key: row.key, etag: row.etag, position: row.position, was: row.text, text, entities, readyAt });
      return;
    }
    this.outbox.keep();
    this.outbox.save();
  }

  /** Delete examples, or move them to another intent; gives what `restore` needs. */
  take(uids, to = null) {
    const chosen = new Set(uids);
    const rows = this.items.value.filter(({ uid, key }) => chosen.has(uid) && key);
    this.items.value = this.items.value.filter(({ uid, key }) => !(chosen.has(uid) && key));
    for (const op of this.queue) if (op.kind === "edit" && chosen.has(op.uid)) op.readyAt = 0;
    const examples = rows.map(({ text, entities }) => ({ text, entities }));
    this.outbox.push({ kind: to ? "move" : "delete", to, idem: newKey(), uids: rows.map(({ uid }) => uid), keys: rows.map(({ key }) => key), examples });
    return examples;
  }

  /** Delete examples, with a way back. */
  remove(uids) {
    const examples = this.take(uids);
    if (!examples.length) return;
    const step = { examples };
    this.deleted.value = [...this.deleted.value, step];
    say(`${counted(examples.length, "example")} deleted.`, { undo: () => this.restore(step) });
  }

  /** Bring back what was deleted last, or by one step; once. */
  restore(step = this.deleted.value.at(-1)) {
    if (!this.deleted.value.includes(step)) return;
    this.deleted.value = this.deleted.value.filter((each) => each !== step);
    this.add(step.examples);
  }

  /** End a conflict: the change is dropped, or with `isKept` its text is added as an example of its own. */
  async drop({ isKept = false } = {}) {
    const op = this.outbox.drop();
    if (isKept) this.add([{ text: op.text, entities: op.entities }]);
    await this.load();
  }
}

export const newUid = () => `u${++lastUid}-${Date.now()}`;
