/**
 * Screens: templates that the server rendered in both languages, cloned and filled. No sentence is made here.
 *
 *   data-slot="name"           text of a value; a value {vi, en} gives the page's language
 *   data-when="a !b c=red"     shown while all of it holds
 *   data-plural="name"         shows the [data-form] that the number takes in the page's language
 *   <template data-each="x">   one copy per item of a list, its slots filled from the item
 */

const host = document.getElementById("screen");
const rules = {vi: new Intl.PluralRules("vi"), en: new Intl.PluralRules("en")};
let shown = null;

/** Return the name of the screen that is shown. */
export function current() {
  return shown?.name;
}

/** Tell whether there is a screen of this name. */
export function has(name) {
  return document.querySelector(`template[data-screen="${name}"]`) !== null;
}

export function language() {
  return document.documentElement.lang;
}

/** Show a screen at once, whatever was there before. Returns its template's settings (data-seconds, data-sound). */
export function show(name, values, draw = () => {}) {
  const template = document.querySelector(`template[data-screen="${name}"][data-language="${language()}"]`);
  shown = {name, values, draw};
  host.replaceChildren(template.content.cloneNode(true));
  host.dataset.shows = name;
  refresh(values);
  return template.dataset;
}

/** Fill the shown screen again, with new values or after something changed. */
export function refresh(values = shown?.values) {
  if (!shown) return;
  shown.values = values;
  fill(host, values);
  shown.draw(host, values);
}

/** Change the page's language and show the same screen in it. */
export function speak(code) {
  document.documentElement.lang = code;
  if (shown) show(shown.name, shown.values, shown.draw);
}

/** Put one value into every slot of its name, without touching the rest: for what changes each second. */
export function put(name, value) {
  for (const slot of host.querySelectorAll(`[data-slot="${name}"]`)) {
    if (slot.textContent !== String(value)) slot.textContent = value;
  }
}

function fill(root, values) {
  for (const list of root.querySelectorAll("template[data-each]")) repeat(list, values);
  const own = (element) => !element.closest("[data-item]") || root.dataset?.item !== undefined;
  for (const element of root.querySelectorAll("[data-slot]")) {
    if (own(element) && element.dataset.slot in values) setText(element, wording(values[element.dataset.slot]));
  }
  for (const element of root.querySelectorAll("[data-when]")) {
    if (own(element)) element.hidden = !holds(element.dataset.when, values);
  }
  for (const element of root.querySelectorAll("[data-plural]")) {
    if (own(element)) choosePlural(element, values[element.dataset.plural]);
  }
}

function repeat(list, values) {
  const items = values[list.dataset.each] ?? [];
  const text = JSON.stringify(items);
  if (list.dataset.shown === text) return;
  list.dataset.shown = text;
  while (list.nextElementSibling?.dataset.item === list.dataset.each) list.nextElementSibling.remove();
  for (const item of [...items].reverse()) {
    const copy = list.content.firstElementChild.cloneNode(true);
    copy.dataset.item = list.dataset.each;
    fill(copy, {...values, ...item});
    for (const sign of copy.querySelectorAll("[data-sign]")) drawSign(sign, item);
    list.after(copy);
  }
}

function holds(condition, values) {
  return condition.split(" ").every((part) => {
    const [name, wanted] = part.replace(/^!/, "").split("=");
    const value = values[name];
    const truth = wanted === undefined ? Boolean(value) : String(value) === wanted;
    return part.startsWith("!") ? !truth : truth;
  });
}

function choosePlural(element, number) {
  const form = language() === "vi" ? "other" : rules.en.select(Number(number));
  for (const child of element.children) child.hidden = child.dataset.form !== form;
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function wording(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "object") return value[language()] ?? value.vi ?? "";
  return String(value);
}

/** A zone's sign: colour, glyph and letter together, as the macro `sign` draws it. */
export function drawSign(element, {glyph, colour, letter, zone}) {
  element.classList.add(`sign-${colour || glyph || "plain"}`);
  if (glyph && GLYPHS.has(glyph)) {
    const picture = document.createElementNS(SVG, "svg");
    picture.setAttribute("viewBox", "0 0 40 40");
    const use = document.createElementNS(SVG, "use");
    use.setAttribute("href", `/static/glyphs.svg#${glyph}`);
    picture.append(use);
    element.replaceChildren(picture);
  } else {
    const name = document.createElement("span");
    name.className = "sign-letter";
    name.textContent = letter || wording(zone).slice(0, 1);
    element.replaceChildren(name);
  }
}

const SVG = "http://www.w3.org/2000/svg";
const GLYPHS = new Set(["egov", "home", "edu", "health", "id", "economy", "lobby"]);
