/**
 * Check-in by the keyboard: results follow the typing, arrows walk through them, Enter in the field takes the only one.
 * Without it the field is a plain form.
 */

const WAIT_MS = 120;
const form = document.querySelector("[data-checkin]");
const input = form.elements.q;
let asked = 0;
let timer = 0;

async function find() {
  const mine = ++asked;
  const answer = await fetch(`/staff/check-in?part&q=${encodeURIComponent(input.value)}`, {headers: {Accept: "text/html"}}).catch(() => null);
  if (mine !== asked || !answer?.ok || answer.redirected) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const found = page.querySelector("[data-hits]");
  if (mine === asked && found) document.querySelector("[data-hits]").replaceWith(found);
}

const acts = () => [...document.querySelectorAll("[data-hit]")].map((hit) => hit.querySelector(".hit-acts button")).filter(Boolean);

// A scanner types a pass faster than anybody could and ends with Enter: the form sends it as it is.
input.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(find, WAIT_MS);
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    input.focus();
    input.select();
    return;
  }
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const all = acts();
  const row = document.activeElement.closest("[data-hit]");
  if (!all.length || (!row && document.activeElement !== input)) return;
  event.preventDefault();
  const here = row ? all.findIndex((button) => row.contains(button)) : -1;
  const next = here + (event.key === "ArrowDown" ? 1 : -1);
  (next < 0 ? input : all[Math.min(next, all.length - 1)]).focus();
});
