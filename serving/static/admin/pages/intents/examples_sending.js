// How each kind of change to examples is sent. Every one may be sent again after an answer that was lost.

import { counted } from "../../lib/format.js";
import { ApiError, get, newKey, path, post, put } from "../../lib/http.js";
import { say } from "../../lib/notices.js";

const isSameMark = (one, other) => one.begin === other.begin && one.end === other.end && one.name === other.name;
const isSame = (one, other) => one.text === other.text && one.entities.length === other.entities.length
  && one.entities.every((mark, at) => isSameMark(mark, other.entities[at]));

const wire = ({ text, entities }) => (entities ? { text, entities: entities.map(({ value, begin, end, name }) => ({ value, begin, end, name })) } : { text });

export const SEND = { add: sendAdded, edit: sendEdited, delete: sendDeleted, move: sendMoved };

async function sendAdded(desk, op) {
  const told = await postOnce(path`/bots/${desk.bot}/intents/${desk.intent}/examples`, { examples: op.examples.map(wire) }, { desk, op });
  if (told === null) {
    await desk.load();
    return;
  }
  if (op.isTold) say(`${counted(told.added, "example")} added${told.unchanged ? `, ${told.unchanged} ${told.unchanged === 1 ? "was" : "were"} there already` : ""}${told.changed ? `, ${told.changed} marked anew` : ""}.`);
  else if (!told.added && told.unchanged) say("This intent has that example already.");
  if (!told.examples.length && op.examples.length) {
    await desk.load();
    return;
  }
  const stored = new Map(told.examples.map((row) => [row.text.toLowerCase(), row]));
  const mine = new Set(op.examples.map(({ uid }) => uid));
  const known = new Set(desk.items.value?.filter(({ uid, key }) => key && !mine.has(uid)).map(({ key }) => key));
  const seen = new Set();
  desk.items.value = (desk.items.value || []).flatMap((item) => {
    if (!mine.has(item.uid)) return [item];
    const row = stored.get(op.examples.find(({ uid }) => uid === item.uid).text.toLowerCase());
    if (!row || known.has(row.key) || seen.has(row.key)) return [];
    seen.add(row.key);
    // what was typed into it meanwhile waits as a change of its own
    return [{ ...row, uid: item.uid, text: item.text, entities: item.entities }];
  });
  for (const later of desk.queue) {
    const added = later.kind === "edit" && op.examples.find(({ uid }) => uid === later.uid);
    const row = added && stored.get(added.text.toLowerCase());
    if (row) Object.assign(later, { key: row.key, etag: row.etag });
  }
}

async function sendEdited(desk, op) {
  if (!op.key) Object.assign(op, await added(desk, op));
  const where = path`/bots/${desk.bot}/intents/${desk.intent}/examples/${op.key}`;
  let stored;
  try {
    stored = (await put(where, wire(op), op.etag)).data;
  } catch (error) {
    stored = error.status === 404 ? await arrived(desk, op) : null;
    if (!stored) {
      if (error.status === 404 || error.status === 412) op.theirs = await standingAt(desk, op.position);
      throw error;
    }
  }
  const { key, etag, position, findings } = stored;
  const isNewest = !desk.queue.some((later) => later !== op && later.kind === "edit" && later.uid === op.uid);
  if (!desk.item(op.uid)) await desk.load(); // an earlier visit has changed it, and here it has another uid
  desk.put(op.uid, isNewest ? { ...stored } : { key, etag, position, findings });
  for (const later of desk.queue) {
    if (later === op) continue;
    if (later.kind === "edit" && later.uid === op.uid) Object.assign(later, { key, etag });
    else if (later.uids?.includes(op.uid)) later.keys = later.keys.map((each) => (each === op.key ? key : each));
  }
}

/** What an example is known by that was added when nobody was told its key. */
async function added(desk, op) {
  const { items } = await get(path`/bots/${desk.bot}/examples`, { intent: desk.intent, text: op.was ?? op.text, limit: 200 });
  const found = items.find(({ text }) => text.toLowerCase() === (op.was ?? op.text).toLowerCase());
  if (!found) throw new ApiError(404, { detail: "The example is not there any more." });
  return { key: found.key, etag: found.etag, position: found.position };
}

/** The example as an earlier try has stored it, whose answer was lost. */
async function arrived(desk, op) {
  const page = await get(path`/bots/${desk.bot}/examples`, { intent: desk.intent, text: op.text, limit: 200 });
  return page.items.find((row) => isSame(row, op)) || null;
}

/** The text that stands where an example was; null if that is far down, or the intent is gone. */
async function standingAt(desk, position) {
  const page = await get(path`/bots/${desk.bot}/examples`, { intent: desk.intent, limit: 200 }).catch(() => ({ items: [] }));
  return page.items.find((row) => row.position === position)?.text ?? null;
}

/** Post once; null: an earlier try has done it, and its answer was not kept. */
async function postOnce(where, body, { desk, op, step = "" }) {
  try {
    return await post(where, body, { key: op.idem + step });
  } catch (error) {
    if (error.code === "done_already") return null;
    if (error.code !== "under_way") throw error;
    // a server that was killed in the midst of it never ends that try; each of these changes may be made twice
    op.idem = newKey();
    desk.outbox.keep();
    throw new ApiError(503, { detail: "The server was interrupted while it saved this. It is sent again." });
  }
}

async function sendDeleted(desk, op) {
  await postOnce(path`/bots/${desk.bot}/examples/delete`, { intents: [{ intent_id: desk.intent, keys: op.keys }] }, { desk, op });
}

async function sendMoved(desk, op) {
  await postOnce(path`/bots/${desk.bot}/intents/${op.to}/examples`, { examples: op.examples.map(wire) }, { desk, op });
  await postOnce(path`/bots/${desk.bot}/examples/delete`, { intents: [{ intent_id: desk.intent, keys: op.keys }] }, { desk, op, step: "-gone" });
}
