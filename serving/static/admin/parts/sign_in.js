import { html, useState } from "../lib/html.js";
import { useAction } from "../lib/load.js";
import { signIn } from "../lib/session.js";
import { Button } from "./button.js";
import { Dialog } from "./dialog.js";
import { Field } from "./field.js";
import { Failure } from "./states.js";

/** Whether the server has an issuer to sign in with; it says so in the page. */
const hasOrganisation = () => (document.querySelector('meta[name="sign-in"]')?.content || "").split(" ")
  .includes("organisation");

/** The refusal in words of somebody with a browser; the server's own speak of headers. */
const inWords = (error) => (error?.status === 401
  ? { message: "This key is not valid: it is mistyped, has expired or was revoked. An owner can make a new one under Keys, "
    + "or on the server with the command above." }
  : error);

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
      hint=${html`The first start of the platform prints one; <code>intentloop keys create "my browser" --role owner</code>${" "}
        makes another.`} />
    <${Failure} error=${inWords(attempt.error)} />
    <div class="actions">
      <${Button} kind="primary" type="submit" isBusy=${attempt.isBusy} disabled=${!token.trim()}>Sign in<//>
      ${hasOrganisation() && html`<${Button} kind="quiet" href=${`/api/v1/session/login?next=${next}`}>Sign in with your organisation<//>`}
    </div>
  </form>`;
}

/** The page of somebody who is not signed in. */
export function SignInPage() {
  return html`<main class="sign-in"><h1>Sign in to Intentloop</h1><${SignInForm} /></main>`;
}

/** Asks to sign in again over a page whose session has ended; what is unsaved there stays. */
export function SignInAgain() {
  const stay = () => {};
  return html`<${Dialog} title="Your session has ended" onClose=${stay}>
    <p>Sign in again to go on. What you have not saved is still here.</p><${SignInForm} /><//>`;
}
