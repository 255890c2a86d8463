// The words of the pages: a file for each language, texts.<language>.json, by the same keys.

import { choose, chosen } from "./choices.js";

export const LANGUAGES = { en: "English", zh: "简体中文" };

let texts = {};
let plural = null;

const spoken = (wish) => wish.split("-")[0];

/** The language that was chosen, or else the first of the browser's wishes that there is. */
export function language() {
  const wished = navigator.languages.map(spoken).find((wish) => wish in LANGUAGES);
  return chosen("language", Object.keys(LANGUAGES), wished);
}

/** As numbers and dates are written: the browser's own region, where it speaks this language. */
export const locale = () => navigator.languages.find((wish) => spoken(wish) === language()) ?? language();

/** A text; `{name}` in it stands for a value. One with plural forms is told by its `count`. */
export function say(key, values = {}, count = undefined) {
  const text = texts[key];
  const form = typeof text === "string" ? text : text[plural.select(count)] ?? text.other;
  return form.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

export const has = (key) => key in texts;

/** Its words: `{path|format}` becomes a place for that number, what is in backticks code. */
function parts(text) {
  return text.split(/(\{[\w.]+\|\w+\}|`[^`]+`)/).map((part) => {
    const place = part.match(/^\{([\w.]+)\|(\w+)\}$/);
    if (!place && !part.startsWith("`")) return part;
    const made = document.createElement(place ? "b" : "code");
    made.textContent = place ? "–" : part.slice(1, -1);
    if (place) [, made.dataset.bind, made.dataset.as] = place;
    return made;
  });
}

function offerLanguages(fieldset) {
  for (const [value, name] of Object.entries(LANGUAGES)) {
    const label = document.createElement("label");
    const input = document.createElement("input");
    Object.assign(input, { type: "radio", name: "language", value, checked: value === language() });
    input.addEventListener("change", () => {
      choose("language", value);
      location.reload();
    });
    const text = document.createElement("span");
    text.lang = value;
    text.textContent = name;
    label.append(input, text);
    fieldset.append(label);
  }
}

/** Writes `given`, the texts of :func:`language`, into the page. */
export function speak(given) {
  texts = given;
  plural = new Intl.PluralRules(locale());
  document.documentElement.lang = language();
  for (const target of document.querySelectorAll("[data-text]")) target.replaceChildren(...parts(texts[target.dataset.text]));
  for (const target of document.querySelectorAll("[data-label]")) target.setAttribute("aria-label", say(target.dataset.label));
  offerLanguages(document.getElementById("languages"));
}
