import { html, useState } from "../lib/html.js";
import { useAction } from "../lib/load.js";
import { signIn } from "../lib/session.js";
import { Button } from "./button.js";
import { Dialog } from "./dialog.js";
import { Field } from "./field.js";
import { Failure } from "./states.js";

function SignInForm({ onDone }) {
  const [token, setToken] = useState("");
  const attempt = useAction(async () => {
    await signIn(token.trim());
    onDone?.();
  });
  const submit = (event) => {
    event.preventDefault();
    attempt.run();
  };
  const next = encodeURIComponent(location.pathname + location.hash);
  return html`<form onSubmit=${submit} class="stack">
    <${Field} label="Key" type="password" autocomplete="current-password" required value=${token} onInput=${setToken}
      hint=${html`The first start of the platform prints one; <code>intentloop keys create "my browser" --role owner</code> makes another.`} />
    <${Failure} error=${attempt.error} />
    <div class="actions">
      <${Button} kind="primary" type="submit" isBusy=${attempt.isBusy} disabled=${!token.trim()}>Sign in<//>
      <${Button} kind="quiet" href=${`/api/v1/session/login?next=${next}`}>Sign in with your organisation<//>
    </div>
  </form>`;
}

/** The page of somebody who is not signed in. */
export function SignInPage() {
  return html`<main class="sign-in"><h1>Intentloop</h1><${SignInForm} /></main>`;
}

/** Asks to sign in again over a page whose session has ended; what is unsaved there stays. */
export function SignInAgain() {
  const stay = () => {};
  return html`<${Dialog} title="Your session has ended" onClose=${stay}><p>Sign in again to go on. What you have not saved is still here.</p><${SignInForm} /><//>`;
}
