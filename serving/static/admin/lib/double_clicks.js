// The second click of a double click counts only on what the first one has hit: what has moved under the pointer since,
// such as the next row of a list after a deletion, or the page under a dialog that has closed, was not meant.

const ALONE = "button, a, input, select, textarea, label, summary, [role], [tabindex]";
let first = null;
let isStray = false;

/** What was hit: the control, what it is called, and which row it belongs to. Elements are used again for other rows. */
function hitBy({ target }) {
  const node = target.closest?.(ALONE) || target;
  return { node, name: node.getAttribute?.("aria-label") || (node.matches?.("button, a") ? node.textContent : "") };
}

function look(event) {
  const hit = hitBy(event);
  if (event.type === "mousedown") {
    if (event.detail <= 1) first = hit;
    isStray = event.detail > 1 && first !== null && (first.node !== hit.node || first.name !== hit.name);
  }
  if (!isStray || event.detail < 2) return;
  event.preventDefault(); // nor is a word selected
  event.stopPropagation();
}

/** Whether the button of the mouse was pressed last on what a double click has not begun on. */
export const wasStray = () => isStray;

for (const type of ["mousedown", "click", "dblclick"]) document.addEventListener(type, look, { capture: true });
