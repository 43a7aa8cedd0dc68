// Which page is shown: the part of the address after `#`, so that any web server can serve these files.

import { signal } from "./html.js";

/** `{parts, query}` of the address: `#/bots/shop/intents?text=a` is `["bots", "shop", "intents"]` and `{text: "a"}`. */
export const place = signal(read());
/** Return a sentence while leaving would lose something; else null. */
let guard = null;
let last = location.hash;

window.addEventListener("hashchange", () => {
  if (location.hash === last) return;
  const why = guard?.();
  if (why && !confirm(why)) {
    history.pushState(null, "", last || "#/");
    return;
  }
  last = location.hash;
  place.value = read();
});
window.addEventListener("beforeunload", (event) => {
  if (guard?.()) event.preventDefault();
});

function read() {
  const [where, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  return { parts: where.split("/").filter(Boolean).map(decoded), query: Object.fromEntries(new URLSearchParams(query)) };
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // somebody typed a lone %
  }
}

/** The address of a page: link(["bots", bot, "intents"], {text}). */
export function link(parts, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return `#/${parts.map(encodeURIComponent).join("/")}${text ? `?${text}` : ""}`;
}

export function go(parts, query) {
  location.hash = link(parts, query);
}

/** Change the query of this page without a step in the history, such as while somebody types into a search field. */
export function replaceQuery(query) {
  const where = link(place.value.parts, query);
  history.replaceState(null, "", where);
  last = location.hash;
  place.value = read();
}

/** Ask before the page is left while `ask()` returns a sentence; gives a function that ends it. */
export function guardLeaving(ask) {
  guard = ask;
  return () => {
    if (guard === ask) guard = null;
  };
}
