// Changes on their way to the server, one after the other; what could not be sent outlives the page.

import { batch, effect, signal } from "./html.js";
import { ApiError, signedOut } from "./http.js";
import { recall, remember } from "./memory.js";

const RETRY_MS = [2000, 5000, 15000];

/**
 * A queue of changes, plain objects. `send(op)` sends one, and may be called again after an answer that was lost.
 * `isConflict(error, op)` says whether a person has to decide; then `conflict` has `{op, error}` and nothing is sent
 * until `drop`. `status` is saved, waiting, saving, failed (tried again by itself), refused or conflict.
 */
export class Outbox {
  constructor(key, { send, onDone = () => {}, isConflict = () => false }) {
    Object.assign(this, { key, send, onDone, isConflict });
    this.queue = recall(key) || [];
    this.status = signal("saved");
    this.error = signal(null);
    this.conflict = signal(null);
    this.tries = 0;
    this.unwatch = effect(() => {
      // later, so that the effect depends on nothing that saving reads
      if (!signedOut.value) queueMicrotask(() => this.error.value?.status === 401 && this.save());
    });
  }

  /** The changes that are not being sent at this moment, so that they can still be changed themselves. */
  waiting = (kind) => this.queue.filter((op) => op.kind === kind && !op.isSent);

  /** Add a change; with `readyAt` (ms) it waits until then for more of the same. */
  push(op) {
    this.queue.push(op);
    this.keep();
    return this.save();
  }

  /** Remember the queue after a change in it was changed. */
  keep() {
    const plain = this.queue.map(({ isSent, readyAt, ...op }) => op);
    this.isLost = !remember(this.key, plain.length ? plain : null) && plain.length > 0;
  }

  /** Send what waits. */
  async save() {
    clearTimeout(this.timer);
    if (this.isSending || this.conflict.value) return;
    const op = this.queue[0];
    if (!op) {
      batch(() => {
        this.status.value = "saved";
        this.error.value = null;
      });
      return;
    }
    const wait = (op.readyAt || 0) - Date.now();
    this.status.value = wait > 0 ? "waiting" : "saving";
    if (wait > 0) {
      this.timer = setTimeout(() => this.save(), wait);
      return;
    }
    this.isSending = op.isSent = true;
    try {
      await this.send(op);
      this.remove(op);
    } catch (error) {
      op.isSent = false;
      this.failed(error, op);
      return;
    } finally {
      this.isSending = false;
    }
    await this.save();
  }

  remove(op) {
    this.queue = this.queue.filter((each) => each !== op);
    this.tries = 0;
    this.keep();
    this.onDone(op);
  }

  failed(error, op) {
    if (!(error instanceof ApiError)) throw error;
    const isTemporary = error.isTemporary || error.status === 401;
    batch(() => {
      this.error.value = error;
      if (this.isConflict(error, op)) {
        this.conflict.value = { op, error };
        this.status.value = "conflict";
      } else this.status.value = isTemporary ? "failed" : "refused";
    });
    if (this.status.value === "failed" && error.status !== 401 && !this.isClosed) {
      this.timer = setTimeout(() => this.save(), RETRY_MS[Math.min(this.tries, RETRY_MS.length - 1)]);
      this.tries += 1;
    }
  }

  /** Give up the change that is in conflict or refused, and go on with the others; gives it. */
  drop() {
    const op = this.conflict.value?.op || this.queue[0];
    this.conflict.value = null;
    if (op) this.remove(op);
    this.save();
    return op;
  }

  /** The page goes: send what waits. What fails is kept for the next visit. */
  close() {
    this.unwatch();
    for (const op of this.queue) op.readyAt = 0;
    this.isClosed = true;
    if (this.status.value === "waiting") this.save();
    clearTimeout(this.timer);
  }
}
