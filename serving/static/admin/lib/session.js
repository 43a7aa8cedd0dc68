// Who is signed in, and what they may do.

import { signal } from "./html.js";
import { ApiError, get, post, remove, signedOut } from "./http.js";

const RANKS = ["viewer", "labeller", "author", "operator", "owner"];

/** `{id, name, roles}`; null: nobody; undefined: not known yet. */
export const me = signal(undefined);

/** Ask the server who this is. */
export async function askWho() {
  try {
    me.value = await get("/session");
    signedOut.value = false;
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) throw error;
    me.value = null;
  }
}

export async function signIn(token) {
  const began = await post("/session", { token });
  me.value = began;
  signedOut.value = false;
}

export async function signOut() {
  await remove("/session");
  me.value = null;
  signedOut.value = false;
}

/** Whether the person has at least this role for a bot; without a bot, for all of them. */
export function may(role, bot) {
  const roles = me.value?.roles || {};
  return [roles["*"], bot && roles[bot]].some((held) => held && RANKS.indexOf(held) >= RANKS.indexOf(role));
}
