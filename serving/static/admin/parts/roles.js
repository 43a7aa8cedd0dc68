import { html } from "../lib/html.js";
import { bots } from "../lib/bots.js";
import { Button } from "./button.js";

export const ROLES = {
  viewer: "reads bots, releases and figures",
  labeller: "also reads conversations and decides labels",
  author: "also edits drafts, trains and tries them",
  operator: "also promotes, connects channels and changes settings",
  owner: "also makes keys, names members and reads the audit log",
};

const titleOf = (bot) => (bot === "*" ? "All bots" : bots.value?.find(({ name }) => name === bot)?.title || bot);

/** Roles as they are shown in a list. */
export const RoleList = ({ roles }) => html`<span class="row">${Object.entries(roles).map(([bot, role]) => html`
  <span key=${bot} class=${`badge role-badge ${role === "owner" ? "warn" : ""}`}
    title=${titleOf(bot)}><span>${titleOf(bot)}</span>: ${role}</span>`)}</span>`;

/** A role for each of some bots, or for all of them. `rows` are `[{bot, role}]`. */
export function RolesEditor({ rows, onChange, mayAll = true }) {
  const known = [...(mayAll ? ["*"] : []), ...(bots.value || []).map(({ name }) => name)];
  const change = (at, field) => (event) => {
    onChange(rows.map((row, place) => (place === at ? { ...row, [field]: event.target.value } : row)));
  };
  const isTaken = (name, bot) => name !== bot && rows.some((row) => row.bot === name);
  const free = known.find((name) => !rows.some(({ bot }) => bot === name));
  return html`<fieldset class="roles"><legend>Roles</legend>
    ${rows.map(({ bot, role }, at) => html`<div class="role" key=${at}>
      <select aria-label="Bot" value=${bot} onChange=${change(at, "bot")}>${[...new Set([bot, ...known])].map((name) => html`
        <option key=${name} value=${name} disabled=${isTaken(name, bot)}>${titleOf(name)}</option>`)}</select>
      <select aria-label="Role" value=${role} onChange=${change(at, "role")}>${Object.keys(ROLES).map((name) => html`
        <option key=${name} value=${name}>${name[0].toUpperCase() + name.slice(1)}</option>`)}</select>
      <${Button} kind="quiet" isSmall aria-label=${`Take the role for ${titleOf(bot)} away`} disabled=${rows.length === 1}
        onClick=${() => onChange(rows.filter((_, place) => place !== at))}>✕<//>
      <p class="hint">${role[0].toUpperCase() + role.slice(1)}: ${ROLES[role]}.</p>
    </div>`)}
    ${free !== undefined && html`<div><${Button} isSmall
      onClick=${() => onChange([...rows, { bot: free, role: "viewer" }])}>Add a role for another bot<//></div>`}
  </fieldset>`;
}

export const rowsOf = (roles) => Object.entries(roles).map(([bot, role]) => ({ bot, role }));
export const rolesOf = (rows) => Object.fromEntries(rows.map(({ bot, role }) => [bot, role]));
