/** The tally and the ticker of the wall: the one number, delegations inside and next, who has just come in. */

import {toneOf} from "./wall-plan.js";

const numbers = new Intl.NumberFormat(document.documentElement.lang);

export function paintTotal(wall, {people, capacity, level}) {
  const count = wall.querySelector('[data-slot="total"]');
  count.textContent = numbers.format(people);
  count.dataset.digits = String(people).length;
  count.closest("[data-tone]").dataset.tone = toneOf({people, capacity, level});
  say(wall, "total-of", {capacity: numbers.format(capacity)});
  say(wall, "total-free", {free: numbers.format(Math.max(0, capacity - people))});
}

/** With `null` for the state only fit what the server drew into the height there is. */
export function paintArrivals(wall, state, clock) {
  if (state) {
    for (const name of ["admissions", "arrived", "expected"]) write(wall, name, numbers.format(state[name]));
    paintRows(wall, "inside", state.inside, ({name, people, covers}) => ({
      name, count: people < covers ? `${people}/${covers}` : people,
    }));
    paintRows(wall, "next", state.next, ({at, name, people}) => ({time: at ? clock.time(new Date(at)) : "", name, count: people}));
    paintRecent(wall, state.recent, clock);
    paintClosed(wall, state, clock);
  }
  fitRows(wall);
  fitLines(wall.querySelector('[data-rows="recent"]'));
}

function paintRows(wall, kind, entries, wordsOf) {
  const list = wall.querySelector(`[data-rows="${kind}"]`);
  const rows = entries.map((entry) => filled(wall, kind, wordsOf(entry)));
  list.replaceChildren(...rows);
  const none = list.parentElement.querySelector(".list-none");
  if (none) none.hidden = entries.length > 0;
}

function paintRecent(wall, recent, clock) {
  const {one, many, walkInOne, walkInMany} = wall.querySelector('[data-template="recent"]').dataset;
  const list = wall.querySelector('[data-rows="recent"]');
  const shown = list.dataset.newest ?? list.querySelector('[data-slot="who"]')?.textContent;
  const lines = recent.slice(0, 2).map(({at, people, name}) => {
    const sentence = name ? (people === 1 ? one : many) : (people === 1 ? walkInOne : walkInMany);
    const who = fill(sentence, {people: numbers.format(people), name});
    return filled(wall, "recent", {when: clock.time(new Date(at)), who});
  });
  wall.querySelector("[data-recent]").hidden = lines.length === 0;
  const newest = recent.length ? `${recent[0].at} ${lines[0].textContent}` : "";
  if (newest !== shown) lines[0]?.classList.add("is-new");
  list.dataset.newest = newest;
  list.replaceChildren(...lines);
}

function paintClosed(wall, state, clock) {
  const isEmpty = Number(wall.querySelector('[data-slot="total"]').textContent) === 0;
  wall.dataset.isClosed = !state.is_open && isEmpty ? "yes" : "no";
  const opensAt = new Date(state.opens_at ?? 0);
  const opens = opensAt > clock.now() ? clock.time(opensAt) : "";
  write(wall, "opens-at", opens);
  wall.querySelector(".closed-opens").hidden = !opens;
  wall.querySelector(".closed-today").hidden = Boolean(opens);
}

/** Leave out rows that would not fit; smaller letters come before fewer than three delegations inside. */
function fitRows(wall) {
  const lists = wall.querySelector("[data-lists]");
  const tries = [[false, 3, 2], [true, 3, 2], [true, 2, 1], [true, 1, 1], [true, 1, 0]];
  tries.some(([isDense, inside, next]) => fit(lists, isDense, inside, next));
}

function fit(lists, isDense, leastInside, leastNext) {
  const more = lists.querySelector('[data-slot="more"]');
  const overflows = () => lists.scrollHeight > lists.clientHeight + 1;
  lists.classList.toggle("is-dense", isDense);
  more.hidden = true;
  const [inside, next] = ["inside", "next"].map((kind) => [...lists.querySelectorAll(`[data-rows="${kind}"] > li`)]);
  for (const row of [...inside, ...next]) row.hidden = false;
  while (overflows() && next.length > leastNext) next.pop().hidden = true;
  for (let left = 1; overflows() && inside.length > leastInside; left += 1) {
    inside.pop().hidden = true;
    more.hidden = false;
    more.textContent = fill(left === 1 ? more.dataset.one : more.dataset.many, {count: left});
  }
  return !overflows();
}

/** The newest arrival is told whole; the one before it only where both have room. */
function fitLines(list) {
  const [newest, older] = list.children;
  if (!older) return;
  older.hidden = false;
  const isCut = (line) => {
    const who = line.querySelector('[data-slot="who"]');
    return who.scrollWidth > who.clientWidth;
  };
  older.hidden = isCut(newest) || isCut(older);
}

function filled(wall, kind, words) {
  const row = wall.querySelector(`[data-template="${kind}"]`).content.firstElementChild.cloneNode(true);
  for (const [name, text] of Object.entries(words)) row.querySelector(`[data-slot="${name}"]`).textContent = text;
  return row;
}

/** Put values into the sentence that the server gave the slot. */
export function say(wall, name, values) {
  const slot = wall.querySelector(`[data-slot="${name}"]`);
  slot.textContent = fill(slot.dataset.sentence, values);
}

function fill(sentence, values) {
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

function write(wall, name, text) {
  wall.querySelector(`[data-slot="${name}"]`).textContent = text;
}
