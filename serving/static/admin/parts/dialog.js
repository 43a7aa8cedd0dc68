import { html, useEffect, useId, useRef, useState } from "../lib/html.js";
import { Button } from "./button.js";
import { Failure } from "./states.js";

const FIRST = ["[autofocus]", ".dialog-body :is(input, textarea, select):not(:disabled, [type='hidden'])", ".button.primary:not(:disabled)", "footer .button:not(:disabled)"];

/** Focus what the dialog asks for: its first field, else what most people press. The cross is the last resort. */
function focusFirst(dialog) {
  if (dialog.querySelector(".dialog-body").contains(document.activeElement)) return;
  const first = FIRST.map((kind) => dialog.querySelector(kind)).find(Boolean);
  first?.focus();
}

/** A dialog over the page; Escape and its cross close it. `footer` holds its buttons. */
export function Dialog({ title, onClose, footer, isWide = false, children }) {
  const dialog = useRef(null);
  const id = useId();
  useEffect(() => {
    const before = document.activeElement;
    dialog.current.showModal();
    focusFirst(dialog.current);
    return () => before?.focus?.();
  }, []);
  const close = (event) => {
    if (event.target !== dialog.current) return; // a popover inside it
    event.preventDefault();
    onClose();
  };
  return html`<dialog ref=${dialog} class=${isWide ? "dialog wide" : "dialog"} aria-labelledby=${id} onCancel=${close}>
    <header><h2 id=${id}>${title}</h2><${Button} kind="quiet" isSmall aria-label="Close" onClick=${onClose}>✕<//></header>
    <div class="dialog-body">${children}</div>
    ${footer && html`<footer>${footer}</footer>`}
  </dialog>`;
}

/** Ask before something is done that cannot be undone, or name what it takes along. `onConfirm` may be asynchronous; `isDisabled` until it can be said. */
export function Confirm({ title, confirm, kind = "danger", isDisabled = false, onConfirm, onClose, children }) {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState(null);
  const run = async () => {
    setBusy(true);
    setError(null);
    try {
      await onConfirm();
      onClose();
    } catch (failed) {
      setError(failed);
      setBusy(false);
    }
  };
  return html`<${Dialog} title=${title} onClose=${onClose} footer=${html`
    <${Button} onClick=${onClose}>Cancel<//>
    <${Button} kind=${kind} disabled=${isDisabled} isBusy=${isBusy} onClick=${run}>${confirm}<//>`}>
    ${children}<${Failure} error=${error} />
  <//>`;
}
