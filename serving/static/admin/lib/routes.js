// Every page: where it is, what it is called, who may see it, and its file, which is loaded when it is first shown.

/** `role`: the least that a person needs to see it. `group`: its heading in the navigation; without one it is not listed. */
export const BOT_PAGES = [
  { name: "overview", title: "Overview", group: "", role: "viewer", load: () => import("../pages/overview/page.js") },
  { name: "try", title: "Try it", group: "Build", role: "author", load: () => import("../pages/try/page.js") },
  { name: "intents", title: "Intents", group: "Build", role: "viewer", load: () => import("../pages/intents/page.js") },
  { name: "entities", title: "Entities", group: "Build", role: "viewer", load: () => import("../pages/entities/page.js") },
  { name: "findings", title: "Findings", group: "Build", role: "viewer", load: () => import("../pages/findings/page.js") },
  { name: "transfer", title: "Import and export", group: "Build", role: "viewer", load: () => import("../pages/transfer/page.js") },
  { name: "releases", title: "Train and releases", group: "Release", role: "viewer", load: () => import("../pages/releases/page.js") },
  { name: "labels", title: "Label queue", group: "Improve", role: "labeller", load: () => import("../pages/labels/page.js") },
  { name: "conversations", title: "Conversations", group: "Improve", role: "labeller", load: () => import("../pages/conversations/page.js") },
  { name: "analytics", title: "Analytics", group: "Improve", role: "viewer", load: () => import("../pages/analytics/page.js") },
  { name: "channels", title: "Channels", group: "Set up", role: "operator", load: () => import("../pages/channels/page.js") },
  { name: "settings", title: "Settings", group: "Set up", role: "viewer", load: () => import("../pages/settings/page.js") },
];

export const PLATFORM_PAGES = [
  { name: "bots", title: "Bots", role: "viewer", load: () => import("../pages/bots/page.js") },
  { name: "keys", title: "Keys", role: "owner", load: () => import("../pages/keys/page.js") },
  { name: "members", title: "Members", role: "owner", load: () => import("../pages/members/page.js") },
  { name: "audit", title: "Audit log", role: "owner", load: () => import("../pages/audit/page.js") },
];

/** By the name of a page, the files that it needs beside those that are there from the start. */
const FILES = JSON.parse(document.querySelector('meta[name="modules"]')?.content || "{}");

/** Ask for all files of a page at once; else each is asked for when the one that imports it has come. */
export function preload({ name }) {
  for (const file of FILES[name] || []) {
    const link = document.createElement("link");
    link.rel = "modulepreload";
    link.href = new URL(`../${file}`, import.meta.url).href;
    document.head.append(link);
  }
  delete FILES[name];
}

/** The page of an address, `{page, bot, rest}`; `page` is undefined for an address that leads nowhere. */
export function pageAt(parts) {
  if (parts[0] === "bots" && parts.length > 1) {
    return { page: BOT_PAGES.find(({ name }) => name === (parts[2] || "overview")), bot: parts[1], rest: parts.slice(3) };
  }
  return { page: PLATFORM_PAGES.find(({ name }) => name === (parts[0] || "bots")), bot: null, rest: parts.slice(1) };
}
