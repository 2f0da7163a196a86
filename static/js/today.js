/**
 * Keeps Today as it is: when the hall's state changes, the page's own part is fetched and morphed in, at most every two
 * seconds. What somebody types, their focus and their place on the page stay; nothing is fetched while nobody looks.
 */

import {openLive} from "./live.js";
import {Idiomorph} from "../vendor/idiomorph.js";

const LEAST_MS = 2_000;
const ANYWAY_MS = 30_000;
const part = document.querySelector("[data-today]");
let fetchedAt = performance.now();
let timer = 0;
let isAlive = true;

async function refresh() {
  timer = 0;
  if (document.hidden) return;
  fetchedAt = performance.now();
  const answer = await fetch("/staff?part", {headers: {Accept: "text/html"}}).catch(() => null);
  if (!answer) return;
  if (answer.redirected) return location.reload();
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-today]");
  if (fresh) Idiomorph.morph(part, fresh, {ignoreActiveValue: true, restoreFocus: true});
  show();
}

function soon() {
  if (!timer) timer = setTimeout(refresh, Math.max(0, fetchedAt + LEAST_MS - performance.now()));
}

/** Says how old the figures are: their own time stays where it was while the line is dead. */
function show() {
  const age = part.querySelector("[data-age]");
  if (!age) return;
  age.parentElement.classList.toggle("is-stale", !isAlive);
  age.textContent = isAlive ? age.dataset.fresh : age.dataset.stale;
}

openLive({
  topics: ["occupancy", "arrivals"],
  onState: soon,
  onStatus(alive) {
    isAlive = alive;
    show();
    if (alive) soon();
  },
});
document.addEventListener("visibilitychange", () => document.hidden || soon());
setInterval(soon, ANYWAY_MS);
