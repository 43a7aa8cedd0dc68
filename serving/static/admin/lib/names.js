// Names that programs and replies use: what is wrong with one, before it is saved.

const VARIABLE = /^[\p{L}_][\p{L}\p{N}\p{M}_]*$/u;
const ENTITY = /^[\p{L}_][\p{L}\p{N}\p{M}_-]*$/u;
const BOT = /^[a-z0-9][a-z0-9_-]*$/;

const WRITTEN_OUT = { ä: "ae", ö: "oe", ü: "ue", ß: "ss", æ: "ae", ø: "oe", œ: "oe", å: "aa", ł: "l", đ: "d", ð: "d", þ: "th", ı: "i" };

/** A text in small letters, those of Latin scripts without marks: `Größe` is `groesse`, `Café` is `cafe`. Other scripts stay. */
export const plainLetters = (text) => text.normalize("NFKC").toLowerCase().replace(/[äöüßæøœåłđðþı]/g, (letter) => WRITTEN_OUT[letter])
  .normalize("NFD").replace(/([a-z])\p{M}+/gu, "$1").normalize("NFC");

/** The name in addresses that a bot's title suggests: `Jörgs Pizza!` is `joergs-pizza`. */
export const botNameFrom = (title) => plainLetters(title).replace(/[^a-z0-9]+/g, "-").replace(/^-+/, "").slice(0, 40).replace(/-+$/, "");
/** The id that an intent's name suggests: `Order a pizza` is `order_a_pizza`. */
export const intentIdFrom = (name) => plainLetters(name).replace(/[^\p{L}\p{N}\p{M}]+/gu, "_").replace(/^_+|_+$/g, "").slice(0, 80);

/** The name that was probably meant: `Pizza Size!` is `pizza_size`. */
const suggested = (name) => plainLetters(name).replace(/[^\p{L}\p{N}\p{M}]+/gu, "_").replace(/^[_\p{N}]+|_+$/gu, "");

function fault(name, rule, words) {
  if (!name || rule.test(name)) return "";
  const better = suggested(name);
  return `${words}${better && rule.test(better) ? `, such as ${better}` : ""}.`;
}

/** What is wrong with the name of a question, in words; "" if nothing is. Replies name its value. */
export const variableFault = (name) => fault(name, VARIABLE, "Use letters, digits and _, and begin with a letter");
/** The same of an entity. */
export const entityFault = (name) => fault(name, ENTITY, "Use letters, digits, _ and -, and begin with a letter");
/** The same of a bot's name in addresses. */
export const botFault = (name) => (!name || BOT.test(name) ? "" : "Use small letters, digits, - and _, and begin with a letter or digit. No spaces and no accents.");
