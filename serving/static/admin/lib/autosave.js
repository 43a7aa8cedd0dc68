// One resource that is edited and saves itself: what is unsaved outlives a failed save, a sign-out, and the page.

import { batch, effect, signal } from "./html.js";
import { ApiError, signedOut } from "./http.js";
import { recall, remember } from "./memory.js";
import { UndoSteps } from "./undo_steps.js";

const PAUSE_MS = 600;
const RETRY_MS = [2000, 5000, 15000];

const text = (value) => JSON.stringify(value ?? null);
const isSame = (one, other) => text(one) === text(other);

/** The fields in which two states of a resource differ, with the values of the second; null: it has none. */
export function differing(before, after) {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return Object.fromEntries([...names].filter((name) => !isSame(before[name], after[name])).map((name) => [name, after[name] ?? null]));
}

/**
 * A resource while it is edited. `write({changes, value, etag})` stores it and gives `{data, etag}`. `status` is saved,
 * waiting, saving, failed (tried again by itself), refused (the next change tries again) or conflict.
 */
export class Autosave {
  constructor(key, write) {
    this.key = key;
    this.write = write;
    this.value = signal(null);
    this.status = signal("saved");
    this.error = signal(null);
    /** `{fields, theirs, etag}` while somebody else has changed the same fields. */
    this.conflict = signal(null);
    /** Whether the person has closed the question about the conflict, to answer it later. */
    this.isPutOff = signal(false);
    this.undoSteps = new UndoSteps(key);
    /** How many fields hold what cannot be saved, which their own words explain. */
    this.unusable = signal(0);
    this.steps = this.undoSteps.count;
    this.base = {};
    this.etag = null;
    this.isSending = false;
    this.isLost = false;
    this.tries = 0;
    this.unwatch = effect(() => {
      // later, so that the effect depends on nothing that saving reads
      if (!signedOut.value) queueMicrotask(() => this.error.value?.status === 401 && this.save());
    });
  }

  /** Begin with what the server has, and with what an earlier visit could not save. */
  open({ data, etag }) {
    const kept = recall(this.key);
    this.base = data;
    this.etag = etag;
    this.undoSteps.restore(etag);
    if (!kept) {
      this.value.value = data;
      return;
    }
    const isStale = Object.keys(kept.changes).some((name) => !isSame(kept.base[name], data[name]) && !isSame(kept.changes[name], data[name]));
    if (isStale) {
      this.base = { ...data, ...kept.base };
      this.etag = kept.etag;
    }
    this.value.value = { ...data, ...kept.changes };
    this.save();
  }

  /** The fields that the server does not have yet. */
  changes() {
    return differing(this.base, this.value.value || {});
  }

  /** Change some fields; changes of the same ones in quick succession are one step to undo. */
  change(fields) {
    this.undoSteps.note(fields, this.value.value);
    this.set({ ...this.value.value, ...fields });
  }

  undo() {
    const before = this.undoSteps.pop();
    if (before) this.set({ ...this.value.value, ...before });
  }

  set(value) {
    this.value.value = value;
    this.keep();
    if (this.conflict.value) return;
    this.status.value = "waiting";
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), PAUSE_MS);
  }

  keep() {
    this.undoSteps.keep(this.etag);
    const changes = this.changes();
    const base = Object.fromEntries(Object.keys(changes).map((name) => [name, this.base[name] ?? null]));
    this.isLost = !remember(this.key, Object.keys(changes).length ? { changes, base, etag: this.etag } : null) && Object.keys(changes).length > 0;
  }

  async save() {
    clearTimeout(this.timer);
    if (this.isSending || this.conflict.value) return;
    const changes = this.changes();
    if (Object.keys(changes).length === 0) {
      this.keep();
      batch(() => {
        this.status.value = "saved";
        this.error.value = null;
      });
      return;
    }
    this.isSending = true;
    this.status.value = "saving";
    try {
      this.took(await this.write({ changes, value: this.value.value, etag: this.etag }), changes);
    } catch (error) {
      this.isSending = false;
      this.failed(error, changes);
      return;
    }
    this.isSending = false;
    await this.save();
  }

  took({ data, etag }, sent) {
    const now = { ...this.value.value };
    for (const name of Object.keys(sent)) {
      // the server may have written it in another way; what was typed meanwhile stays
      if (!isSame(now[name], sent[name])) continue;
      if (data[name] === undefined) delete now[name];
      else now[name] = data[name];
    }
    this.tries = 0;
    this.base = data;
    this.etag = etag;
    this.value.value = now;
    this.keep();
  }

  failed(error, changes) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 412 && error.current) {
      this.meet(error.current, error.etag, changes);
      return;
    }
    const isTemporary = error.isTemporary || error.status === 401;
    batch(() => {
      this.error.value = error;
      this.status.value = isTemporary ? "failed" : "refused";
    });
    if (isTemporary && error.status !== 401) {
      this.timer = setTimeout(() => this.save(), RETRY_MS[Math.min(this.tries, RETRY_MS.length - 1)]);
      this.tries += 1;
    }
  }

  /** Somebody else was faster: other fields are put together, the same ones are for a person to decide. */
  meet(theirs, etag, changes) {
    const fields = Object.keys(changes).filter((name) => !isSame(theirs[name], this.base[name]) && !isSame(theirs[name], this.value.value[name]));
    const mine = this.changes();
    this.base = theirs;
    this.etag = etag;
    this.value.value = { ...theirs, ...mine };
    this.keep();
    if (fields.length) {
      batch(() => {
        this.conflict.value = { fields, theirs };
        this.isPutOff.value = false;
        this.status.value = "conflict";
      });
    } else this.save();
  }

  /** Keep `"mine"` or `"theirs"` of the fields in conflict. */
  resolve(whose) {
    const { fields, theirs } = this.conflict.value;
    this.conflict.value = null;
    if (whose === "theirs") {
      const taken = Object.fromEntries(fields.map((name) => [name, theirs[name] ?? null]));
      this.undoSteps.note(taken, this.value.value, { isApart: true });
      this.value.value = { ...this.value.value, ...taken };
    }
    this.keep();
    this.save();
  }

  /** The page goes: save what waits. What fails is kept for the next visit. */
  close() {
    this.unwatch();
    if (this.status.value === "waiting") this.save();
    clearTimeout(this.timer);
  }
}
