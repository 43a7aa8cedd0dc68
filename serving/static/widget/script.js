// The chat window for any website. It reads window.iky_base_url (the address of the chat API), window.chat_context
// (what the site knows of the visitor), window.iky_bot (the bot, unless it is the default one), and, if the bot asks
// for them, window.iky_widget_key and window.iky_visitor_token. Every text is shown as text, never as HTML.
(() => {
  "use strict";
  const script = document.currentScript;
  const origin = script && script.src ? new URL(script.src).origin : window.location.origin;
  const base = String(window.iky_base_url || origin).replace(/\/+$/, "");
  const bot = window.iky_bot ? String(window.iky_bot) : "";
  const KEY = `intentloop.widget.thread${bot && `.${bot}`}`;
  const path = bot ? `/api/v1/bots/${encodeURIComponent(bot)}/messages` : "/bots/channels/rest/webbook";

  const STYLE = `
    :host { all: initial; }
    * { box-sizing: border-box; font: 15px/1.45 system-ui, sans-serif; }
    button { cursor: pointer; border: 0; background: #0b5cad; color: #fff; border-radius: .6rem; padding: .5rem .8rem; }
    :focus-visible { outline: 3px solid #79b8ff; outline-offset: 2px; }
    .open { position: fixed; right: 1rem; bottom: 1rem; height: 3rem; border-radius: 1.5rem; font-weight: 600;
            padding: 0 1.2rem; box-shadow: 0 2px 8px #0005; z-index: 2147483000; }
    .chat { position: fixed; right: 1rem; bottom: 4.75rem; width: min(22rem, calc(100vw - 2rem));
            height: min(30rem, calc(100vh - 7rem)); display: flex; flex-direction: column; background: #fff; color: #1b1f24;
            border: 1px solid #d0d7de; border-radius: .8rem; overflow: hidden; box-shadow: 0 4px 20px #0004;
            z-index: 2147483000; }
    [hidden] { display: none; }
    .log { flex: 1; overflow-y: auto; padding: .8rem; display: flex; flex-direction: column; gap: .4rem; }
    .log p { margin: 0; padding: .45rem .7rem; border-radius: .8rem; max-width: 85%; white-space: pre-wrap;
             overflow-wrap: anywhere; background: #e8ecf1; align-self: flex-start; }
    .log p.mine { background: #0b5cad; color: #fff; align-self: flex-end; }
    .log p.problem { background: none; color: #b42318; }
    .offers { display: flex; flex-wrap: wrap; gap: .35rem; }
    .offers button { background: #fff; color: #0b5cad; border: 1px solid #0b5cad; }
    form { display: flex; gap: .4rem; padding: .6rem; border-top: 1px solid #d0d7de; }
    input { flex: 1; min-width: 0; padding: .5rem .6rem; border: 1px solid #d0d7de; border-radius: .6rem; color: inherit;
            background: transparent; }
    @media (prefers-color-scheme: dark) {
      .chat { background: #171b21; color: #e6e9ed; border-color: #30363d; }
      .log p { background: #252b33; }
      .log p.problem { color: #ff9b91; }
      .offers button { background: transparent; color: #79b8ff; border-color: #79b8ff; }
      form, input { border-color: #30363d; }
    }`;

  const thread = () => {
    let id = null;
    try { id = sessionStorage.getItem(KEY); } catch { /* the page may not store anything */ }
    id = id || Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
    try { sessionStorage.setItem(KEY, id); } catch { /* then a reload begins a new conversation */ }
    return id;
  };

  const element = (name, properties = {}) => Object.assign(document.createElement(name), properties);

  const build = () => {
    const host = element("div");
    const root = host.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    const open = element("button", { className: "open", type: "button", textContent: "Chat" });
    open.setAttribute("aria-label", "Chat");
    open.setAttribute("aria-expanded", "false");
    const chat = element("section", { className: "chat", hidden: true });
    chat.setAttribute("aria-label", "Chat");
    const log = element("div", { className: "log" });
    log.setAttribute("role", "log");
    const form = element("form");
    const input = element("input", { maxLength: 4000, placeholder: "Write a message", autocomplete: "off" });
    input.setAttribute("aria-label", "Message");
    form.append(input, element("button", { type: "submit", textContent: "Send" }));
    chat.append(log, form);
    root.append(chat, open);
    document.body.append(host);

    const id = thread();
    const show = (text, kind = "") => {
      log.append(element("p", { textContent: text, className: kind }));
      log.scrollTop = log.scrollHeight;
    };
    const say = async (text) => {
      log.querySelectorAll(".offers").forEach((each) => each.remove());
      const headers = { "Content-Type": "application/json" };
      if (window.iky_widget_key) headers["X-Widget-Key"] = window.iky_widget_key;
      if (window.iky_visitor_token) headers["X-Visitor-Token"] = window.iky_visitor_token;
      const body = JSON.stringify({ thread_id: id, text, context: window.chat_context || {} });
      try {
        const response = await fetch(base + path, { method: "POST", headers, body });
        if (!response.ok) throw new Error(String(response.status));
        const answer = await response.json();
        for (const reply of answer.replies || answer) {
          show(reply.text);
          const offers = element("div", { className: "offers" });
          for (const offer of reply.quick_replies || []) {
            const button = element("button", { type: "button", textContent: offer.title });
            button.addEventListener("click", () => { show(offer.title, "mine"); say(offer.payload); });
            offers.append(button);
          }
          if (offers.childElementCount) log.append(offers);
          log.scrollTop = log.scrollHeight;
        }
      } catch {
        show("That did not work. Please try again.", "problem");
      }
    };
    open.addEventListener("click", () => {
      chat.hidden = !chat.hidden;
      open.setAttribute("aria-expanded", String(!chat.hidden));
      if (!chat.hidden) input.focus();
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = input.value.trim();
      if (!text) return;
      input.value = "";
      show(text, "mine");
      say(text);
    });
    say("/init_conversation");
  };

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", build);
  else build();
})();
