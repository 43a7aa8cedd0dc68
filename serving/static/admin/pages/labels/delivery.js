// Bringing one decision to the server. What went another way comes back as a problem: `{theirs, message}`.

import { ApiError, getForEdit, newKey, path, post, put, remove } from "../../lib/http.js";

const labelPath = (bot, key) => path`/bots/${bot}/labels/${key}`;
const decisionPath = (bot, key) => path`/bots/${bot}/labels/${key}/decision`;

const spansOf = (entities) => JSON.stringify(entities.map(({ start, end, type }) => [start, end, type]).sort());

/** Whether a label says what was decided. */
function isSo(label, entry) {
  const isSame = label.status === entry.status && label.intent_id === (entry.intent_id ?? null);
  return isSame && (!entry.entities || entry.status !== "accepted" || spansOf(label.entities) === spansOf(entry.entities));
}

/** Other keys for decisions whose first request a server never ended, because it was killed in the midst of it. */
const laterKeys = new Map();

/** Decide a label; gives null once the server has it, also if somebody else has decided the same. */
export async function decide(bot, { id, key, status, intent_id, entities, was }) {
  try {
    await post(decisionPath(bot, key), { status, intent_id, entities, was }, { key: laterKeys.get(id) ?? id });
    return null;
  } catch (error) {
    if (!isFinal(error)) throw error;
    if (error.status !== 409) return { theirs: null, message: error.message };
    const theirs = await read(bot, key);
    if (theirs === null) return { theirs: null, message: error.message };
    if (isSo(theirs.label, { status, intent_id, entities })) return null;
    if (theirs.label.status === was) {
      // nobody has decided it: the same request is under way, or was cut off. Of two only one can find it as it was.
      if (error.code === "under_way") laterKeys.set(id, newKey());
      throw temporary(error);
    }
    return { theirs, message: "Somebody else has decided this text meanwhile." };
  }
}

/** Undo a decision of one's own; gives null once the label is open again. */
export async function takeBack(bot, entry, name) {
  const found = await read(bot, entry.key);
  if (found === null || found.label.status === entry.was) return null;
  const changed = { theirs: found, message: "Somebody else has changed your decision before you undid it." };
  if (found.label.decided_by !== name || !isSo(found.label, entry)) return changed;
  try {
    await remove(decisionPath(bot, entry.key), found.etag);
    return null;
  } catch (error) {
    if (!isFinal(error)) throw error;
    if (error.status !== 412) return { theirs: null, message: error.message };
    if (error.current?.status === entry.was) return null;
    return { ...changed, theirs: { label: error.current, etag: error.etag } };
  }
}

/** Put one's own decision in the place of somebody else's; gives null, or the problem as it is now. */
export async function overrule(bot, { entry, theirs }) {
  const { key, status, intent_id, entities } = entry;
  try {
    if (entry.kind === "undo") await remove(decisionPath(bot, key), theirs.etag);
    else await put(decisionPath(bot, key), { status, intent_id, entities }, theirs.etag);
    return null;
  } catch (error) {
    if (error.status !== 412) throw error;
    return { theirs: { label: error.current, etag: error.etag }, message: "It was changed once more." };
  }
}

async function read(bot, key) {
  try {
    const { data, etag } = await getForEdit(labelPath(bot, key));
    return { label: data, etag };
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
  }
}

/** Whether the server will say the same again; a role that is missing may be given, and a session begun. */
const isFinal = (error) => error instanceof ApiError && [400, 404, 409, 412, 413, 422].includes(error.status);

function temporary(error) {
  return new ApiError(503, { detail: error.message });
}
