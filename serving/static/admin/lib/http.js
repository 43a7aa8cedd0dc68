// All requests to the admin API: errors, versions of what is edited, safe repetition, and the end of a session.

import { signal } from "./html.js";

const ROOT = "/api/v1";
const RETRY_MS = [400, 1200];

/** Whether the session has ended: the shell then asks to sign in again, over the page and its unsaved words. */
export const signedOut = signal(false);

/** What the server answered instead of what was asked for; `detail` is a sentence for people. */
export class ApiError extends Error {
  constructor(status, body, headers) {
    super((status !== 401 && body?.detail) || (status === 401 ? "You are not signed in any more. Sign in again to go on." : status === 0 ? "The server cannot be reached. Nothing was lost; try again." : `The server answered ${status}.`));
    this.status = status;
    this.code = body?.error || "";
    /** The resource as it is now, with 412. */
    this.current = body?.current;
    this.body = body;
    this.etag = headers?.get("ETag") || null;
    this.retryAfter = Number(headers?.get("Retry-After")) || 0;
  }

  /** Whether the same request may do better later. */
  get isTemporary() {
    return this.status === 0 || this.status === 429 || this.status === 502 || this.status === 503 || this.status === 504;
  }
}

/** A path with every value encoded: path`/bots/${bot}/intents/${id}`. */
export function path(parts, ...values) {
  return parts.reduce((whole, part, at) => whole + encodeURIComponent(values[at - 1]) + part);
}

/** A path with a query; values that are empty, null or undefined are left out. */
export function withQuery(where, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return text ? `${where}?${text}` : where;
}

/** Read something; tries again by itself while the server is away for a moment. */
export const get = (where, query, options = {}) => read(withQuery(where, query), options).then((answer) => answer.data);

/** Read something that will be edited; gives `{data, etag}`. */
export const getForEdit = (where, options = {}) => read(where, options);

/** Make or start something once: the same key is sent with every repetition; `key: null` for what only reads. */
export function post(where, body, { key = newKey(), ...options } = {}) {
  return again(() => send("POST", where, { body, headers: key === null ? {} : { "Idempotency-Key": key }, ...options })).then((answer) => answer.data);
}

/** Write what was read with this `etag`; "*" overwrites. Gives `{data, etag}`; somebody else's change is an `ApiError` 412. */
export const put = (where, body, etag, options = {}) => send("PUT", where, { body, headers: { "If-Match": etag }, ...options });
export const patch = (where, body, etag, options = {}) => send("PATCH", where, { body, headers: { "If-Match": etag }, ...options });
export const remove = (where, etag, options = {}) =>
  send("DELETE", where, { headers: etag ? { "If-Match": etag } : {}, ...options }).then((answer) => answer.data);

const FIRST = 30;

/** All items of a list, page by page, at most `most`. With `onSome(items)` the first page is small, and told as the others are. */
export async function getAll(where, query = {}, { most = 5000, onSome, ...options } = {}) {
  const items = [];
  let cursor = null;
  do {
    const page = await get(where, { limit: onSome && !cursor ? FIRST : 200, ...query, cursor }, options);
    items.push(...page.items);
    cursor = page.next;
    if (cursor) onSome?.([...items]);
  } while (cursor && items.length < most);
  return items;
}

/** A key for `Idempotency-Key`; whoever may press twice keeps one until the first press was answered. */
export const newKey = () => crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;

async function again(request) {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await request();
    } catch (error) {
      const waits = error instanceof ApiError && error.isTemporary && attempt < RETRY_MS.length && error.retryAfter <= 5;
      if (!waits) throw error;
      await new Promise((done) => setTimeout(done, Math.max(RETRY_MS[attempt], error.retryAfter * 1000)));
    }
  }
}

const read = (where, options) => again(() => send("GET", where, options));

async function send(method, where, { body, headers = {}, signal: abort, raw } = {}) {
  const init = { method, headers: { Accept: "application/json", ...headers }, credentials: "same-origin", signal: abort };
  if (body !== undefined) {
    init.body = raw ? body : JSON.stringify(body);
    init.headers["Content-Type"] = raw || "application/json";
  }
  let response;
  try {
    response = await fetch(ROOT + where, init);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, null, null);
  }
  const text = await response.text();
  const data = text === "" ? null : parsed(text, response);
  if (response.ok) return { data, etag: response.headers.get("ETag"), response };
  if (response.status === 401 && where !== "/session") signedOut.value = true;
  throw new ApiError(response.status, data, response.headers);
}

function parsed(text, response) {
  if (!(response.headers.get("Content-Type") || "").includes("json")) return response.ok ? text : null;
  try {
    return JSON.parse(text);
  } catch {
    return null; // a proxy's page, or an answer that was cut off: the status says enough
  }
}
