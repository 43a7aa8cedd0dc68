// Languages and time zones to choose from.

const TAGS = [
  "en", "de", "es", "fr", "it", "nl", "pt", "pl", "tr", "ar", "hi", "ja", "zh", "cs", "da", "el", "fi", "he", "hu", "id", "ko",
  "no", "ro", "ru", "sv", "th", "uk", "vi",
];
const NAMES = new Intl.DisplayNames("en", { type: "language" });

/** The name of a language by its tag. */
export const nameOf = (tag) => {
  try {
    return NAMES.of(tag);
  } catch {
    return tag; // no tag of a language
  }
};

/** `[{tag, name}]`, with one that is set already. */
export const languages = (own) => [...new Set([own, ...TAGS])].filter(Boolean)
  .map((tag) => ({ tag, name: nameOf(tag) }))
  .sort((a, b) => a.name.localeCompare(b.name));

export const timezones = () => Intl.supportedValuesOf?.("timeZone") ?? [];
