// What the browser remembers of a person's choices and unsaved words; where storage is closed, it forgets.

const PREFIX = "intentloop.";

export function recall(name) {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + name));
  } catch {
    return null; // storage is closed, or somebody else wrote there
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
