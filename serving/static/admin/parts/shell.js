// What is around every page: navigation, the choice of a bot, the theme, who is signed in.

import { html, useEffect, useId, useState } from "../lib/html.js";
import { bots, loadBots } from "../lib/bots.js";
import { signedOut } from "../lib/http.js";
import { useKeys } from "../lib/keys.js";
import { useLoad } from "../lib/load.js";
import { go, link, place } from "../lib/router.js";
import { BOT_PAGES, PLATFORM_PAGES, pageAt, preload } from "../lib/routes.js";
import { askWho, may, me, signOut } from "../lib/session.js";
import { theme, switchTheme } from "../lib/theme.js";
import { sendUnsent } from "../lib/unsent.js";
import { Button } from "./button.js";
import { Help } from "./help.js";
import { Notices } from "./notices.js";
import { SignInAgain, SignInPage } from "./sign_in.js";
import { Empty, Failure, Loading } from "./states.js";

export function Shell() {
  const who = useLoad(askWho, []);
  const [isHelpOpen, setHelpOpen] = useState(false);
  const { page } = pageAt(place.value.parts);
  useEffect(() => {
    if (page) preload(page); // while the server is asked who this is
  }, [page]);
  useKeys({ "?": { does: "show the keyboard shortcuts", run: () => setHelpOpen(true) } });
  useEffect(() => {
    if (!me.value) return;
    loadBots().catch(() => {}); // the page that needs the list says why it is missing
    sendUnsent(me.value.id);
  }, [me.value?.id]);
  if (me.value === undefined) return who.error ? html`<main class="sign-in"><${Failure} error=${who.error} onRetry=${who.reload} /></main>` : html`<main class="sign-in"><${Loading} /></main>`;
  if (me.value === null) return html`<${SignInPage} />`;
  return html`<a class="skip" href="#main" onClick=${skip}>Skip to the page</a>
    <${Navigation} onHelp=${() => setHelpOpen(true)} />
    <main id="main" tabindex="-1"><${CurrentPage} /></main>
    <${Notices} />
    ${isHelpOpen && html`<${Help} onClose=${() => setHelpOpen(false)} />`}
    ${signedOut.value && html`<${SignInAgain} />`}`;
}

function skip(event) {
  event.preventDefault();
  document.getElementById("main").focus();
}

function CurrentPage() {
  const { page, bot, rest } = pageAt(place.value.parts);
  const [shown, setShown] = useState({ page: null, component: null, error: null });
  const isMissing = useMissing(bot);
  const open = () => page?.load().then(
    (module) => setShown({ page, component: module.default, error: null }),
    () => setShown({ page, component: null, error: { message: "This page could not be loaded. Load it again; after an update of the server that is needed once." } }),
  );
  useEffect(() => {
    open();
  }, [page]);
  if (!page) return html`<${Empty} title="Nothing is at this address" action=${html`<${Button} href=${link([])}>To the bots<//>`} />`;
  if (!may(page.role, bot)) return html`<${Empty} title="You may not see this page">It needs the role <strong>${page.role}</strong>. An owner can give it to you.<//>`;
  if (isMissing) return html`<${Empty} title=${`There is no bot called “${bot}”`} action=${html`<${Button} href=${link([])}>To the bots<//>`}>It was deleted, or the address is mistyped.<//>`;
  if (shown.page !== page) return html`<${Loading} />`;
  if (shown.error) return html`<${Failure} error=${shown.error} onRetry=${() => location.reload()} />`;
  return html`<${shown.component} key=${`${bot}/${page.name}`} bot=${bot} rest=${rest} query=${place.value.query} />`;
}

/** Whether there is no such bot, by a list of bots that is newer than the address. */
function useMissing(bot) {
  const [asked, setAsked] = useState(null);
  const isListed = !bot || !bots.value || bots.value.some(({ name }) => name === bot);
  useEffect(() => {
    if (!isListed) loadBots().then(() => setAsked(bot), () => {}); // without a list the page itself says what is wrong
  }, [bot, isListed]);
  return !isListed && asked === bot;
}

function Navigation({ onHelp }) {
  const { page, bot } = pageAt(place.value.parts);
  const [isOpen, setOpen] = useState(false);
  useEffect(() => setOpen(false), [place.value]);
  const entry = (each, parts) => may(each.role, bot) && html`<li key=${each.name}>
    <a href=${link(parts)} aria-current=${page === each ? "page" : undefined}>${each.title}</a></li>`;
  const groups = [...new Set(BOT_PAGES.map((each) => each.group))];
  return html`<header class=${isOpen ? "side open" : "side"}>
    <div class="side-top">
      <a class="brand" href=${link([])}>Intentloop</a>
      <${Button} kind="quiet" class="menu" aria-expanded=${isOpen} onClick=${() => setOpen(!isOpen)}>Menu<//>
    </div>
    <div class="side-body">
      <${BotChoice} bot=${bot} page=${page} />
      ${bot && html`<nav aria-label=${`Pages of ${bot}`}>${groups.map((group) => {
        const entries = BOT_PAGES.filter((each) => each.group === group).map((each) => entry(each, ["bots", bot, each.name])).filter(Boolean);
        return entries.length > 0 && html`<div key=${group}>${group && html`<h2>${group}</h2>`}<ul>${entries}</ul></div>`;
      })}</nav>`}
      <nav aria-label="Platform"><h2>Platform</h2><ul>${PLATFORM_PAGES.map((each) => entry(each, [each.name]))}</ul></nav>
      <div class="side-foot">
        <p><span class="unseen">Signed in as </span>${me.value.name}</p>
        <${Button} kind="quiet" isSmall onClick=${switchTheme}>Theme: ${{ light: "light", dark: "dark", auto: "system" }[theme.value]}<//>
        <${Button} kind="quiet" isSmall onClick=${onHelp}>Shortcuts<//>
        <${Button} kind="quiet" isSmall onClick=${() => signOut().catch(() => {})}>Sign out<//>
      </div>
    </div>
  </header>`;
}

function BotChoice({ bot, page }) {
  const id = useId();
  const known = bots.value || [];
  if (!known.length) return null;
  const choose = (event) => event.target.value && go(["bots", event.target.value, bot && page ? page.name : "overview"]);
  // a label around the choice would be named after every bot in it
  return html`<div class="bot-choice"><label for=${id}>Bot</label>
    <select id=${id} value=${bot || ""} onChange=${choose}>
      ${!bot && html`<option value="">Choose a bot …</option>`}
      ${bot && !known.some(({ name }) => name === bot) && html`<option value=${bot}>${bot}</option>`}
      ${known.map(({ name, title }) => html`<option key=${name} value=${name}>${known.some((other) => other.name !== name && other.title === title) ? `${title} (${name})` : title || name}</option>`)}
    </select></div>`;
}
