// What the browser remembers of a person's choices and unsaved words; where storage is closed, it forgets.

const PREFIX = "intentloop.";

export function recall(name) {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + name));
  } catch {
    return null; // storage is closed, or somebody else wrote there
  }
}

/** The names under which something is kept, of those that begin so. */
export function namesKept(beginning) {
  try {
    const all = Array.from({ length: localStorage.length }, (_, at) => localStorage.key(at));
    return all.filter((name) => name.startsWith(PREFIX + beginning)).map((name) => name.slice(PREFIX.length));
  } catch {
    return []; // storage is closed
  }
}

/** Keep a value that can be written as JSON; null forgets it. Gives whether it is kept. */
export function remember(name, value) {
  try {
    if (value === null) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, JSON.stringify(value));
    return true;
  } catch {
    return false; // closed or full
  }
}
