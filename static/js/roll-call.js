/**
 * The roll call on a tablet: ticks stay on the device and are merged when there is a network; a tick wins.
 * The page is the list. Without a server it is the copy that the service worker has kept.
 */

import {forgetNames, openStore} from "./roll-call-store.js";

const PAGE = "/staff/roll-call";
const EVERY_MS = 4_000;
const store = await openStore();
const own = new Map();
let others = new Map();
let event = null;
let tablet = await store.fact("tablet");
let offset = 0;
let onlyMissing = false;
let isOnline = true;

if (!tablet) {
  tablet = crypto.randomUUID?.() ?? String(Math.random()).slice(2, 18);
  await store.note("tablet", tablet);
}
document.documentElement.classList.add("has-script");

const one = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const roll = () => one("#roll");
const now = () => new Date(Date.now() + offset);

async function begin() {
  const page = roll().dataset;
  offset = (await store.fact("offset")) ?? Date.parse(page.now) - Date.now();
  const alone = await store.fact("event");
  event = page.event ? {id: page.event, started_at: page.started} : alone ?? null;
  await takeOwn();
  for (const other of (await store.fact("others")) ?? []) others.set(other.key, other);
  listen();
  show();
  keepForLater();
  await synchronise();
  setInterval(synchronise, EVERY_MS);
  setInterval(showClock, 1_000);
}

async function takeOwn() {
  own.clear();
  for (const tick of await store.ticks()) if (event && tick.event === event.id) own.set(tick.key, tick);
}

function listen() {
  document.addEventListener("change", ({target}) => {
    if (target.matches("[data-whole]")) tickAll(target.closest("[data-group]"), target.checked);
    else if (target.matches("[data-safe]")) tickLine(target.closest("[data-line]"), valueOf(target));
  });
  document.addEventListener("click", ({target}) => {
    const button = target.closest("button");
    if (!button) return;
    if (button.matches("[data-less], [data-more]")) step(button, button.matches("[data-more]") ? 1 : -1);
    else if (button.matches("[data-missing]")) { onlyMissing = !onlyMissing; show(); }
    else if (button.matches("[data-print]")) print();
    else if (button.matches("[data-forget]")) forgetNames().then(() => location.replace("/staff/roll-call/empty"));
  });
  document.addEventListener("submit", (submitting) => {
    if (!submitting.target.matches("[data-start]")) return;
    submitting.preventDefault();
    startEvent();
  });
}

async function startEvent() {
  const id = crypto.randomUUID?.() ?? "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (digit) => (digit ^ (Math.random() * 16 >> (digit / 4))).toString(16));
  event = {id, started_at: now().toISOString()};
  await store.note("event", event);
  show();
  await synchronise();
}

function valueOf(field) {
  const most = Number(field.closest("[data-line]").dataset.count);
  return field.type === "checkbox" ? Number(field.checked) : Math.max(0, Math.min(most, Math.trunc(Number(field.value)) || 0));
}

function step(button, by) {
  const line = button.closest("[data-line]");
  const field = one("[data-safe]", line);
  field.value = Math.max(0, Math.min(Number(line.dataset.count), Number(field.value) + by));
  tickLine(line, Number(field.value));
}

async function tickAll(group, isSafe) {
  await Promise.all(all("[data-line]", group).map((line) => keepTick(line, isSafe ? Number(line.dataset.count) : 0)));
  show();
  synchronise();
}

async function tickLine(line, safe) {
  await keepTick(line, safe);
  show();
  synchronise();
}

async function keepTick(line, safe) {
  if (!event) return;
  const tick = {event: event.id, key: line.dataset.line, safe, at: now().toISOString(), sent: false};
  own.set(tick.key, tick);
  await store.tick(tick);
}

let isAtWork = false, isWanted = false;

async function synchronise() {
  isWanted = true;
  if (isAtWork) return;
  isAtWork = true;
  try {
    while (isWanted) {
      isWanted = false;
      if ("mayTick" in roll().dataset) await sendTicks();
      await renew();
    }
    isOnline = true;
  } catch {
    isOnline = false;
  } finally {
    isAtWork = false;
  }
  show();
}

async function sendTicks() {
  const waiting = [...own.values()].filter(({sent}) => !sent);
  const ticks = waiting.map(({key, safe, at}) => ({key, safe, at}));
  const asked = event;
  const body = JSON.stringify({tablet, event: asked?.id ?? null, started_at: asked?.started_at ?? null, ticks});
  const answer = await ask(`${PAGE}/merge`, {method: "POST", body, headers: {"Content-Type": "application/json"}});
  const merged = await answer.json();
  // Begun on this device while the answer was on its way: the next sending tells of it.
  if (event !== asked) return;
  event = merged.event ? {id: merged.event, started_at: merged.started_at} : null;
  if (asked && event && event.id !== asked.id) await follow(event.id);
  for (const tick of waiting) if (own.get(tick.key) === tick) {
    tick.sent = true;
    await store.tick(tick);
  }
  if (!event) own.clear();
  others = new Map(merged.others.map((other) => [other.key, other]));
  await store.note("event", event);
  await store.note("others", merged.others);
}

/** Somebody else's event was first: what was ticked for ours was taken into it, and is kept under it from now on. */
async function follow(id) {
  for (const tick of [...own.values()].filter((one) => one.event !== id)) {
    await store.untick(tick);
    tick.event = id;
    await store.tick(tick);
  }
}

async function ask(address, options = {}) {
  const answer = await fetch(address, {...options, signal: AbortSignal.timeout(5_000), cache: "no-store"});
  if (answer.status === 401 || answer.status === 403 || answer.redirected) {
    await forgetNames();
    location.assign("/staff/sign-in?next=/staff/roll-call");
  }
  if (!answer.ok) throw new Error(`answered ${answer.status}`);
  return answer;
}

/** Bring in the list as it is now, and let the worker keep it. What has the focus keeps it. */
async function renew() {
  const answer = await ask(location.pathname + location.search);
  if (answer.headers.get("X-Kept")) throw new Error("kept");
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const focused = document.activeElement?.closest?.("[data-line]")?.dataset.line;
  if (focused && document.activeElement.matches("[type=number]")) return;
  for (const selector of ["#roll", ".roll-head"]) one(selector).replaceWith(document.adoptNode(one(selector, page)));
  const {mayTick, event: id, started} = roll().dataset;
  if (mayTick === undefined) event = id ? {id, started_at: started} : null;
  offset = Date.parse(roll().dataset.now) - Date.now();
  await store.note("offset", offset);
  if (focused) one(`[data-line="${CSS.escape(focused)}"] [data-safe]`)?.focus({preventScroll: true});
}

function safeOf(line) {
  const key = line.dataset.line;
  const mine = own.get(key)?.safe ?? 0;
  return Math.min(Number(line.dataset.count), Math.max(mine, others.get(key)?.safe ?? 0));
}

function show() {
  document.body.classList.toggle("is-on", event !== null);
  document.body.classList.toggle("is-only-missing", onlyMissing);
  if ("mayTick" in roll().dataset) showTicks();
  one("[data-offline]").hidden = isOnline;
  for (const part of all("[data-online]")) part.hidden = !isOnline;
  for (const button of all("[data-end]")) button.disabled = !isOnline;
  for (const field of all("[data-event-field]")) field.value = event?.id ?? "";
  const unsent = [...own.values()].filter(({sent}) => !sent).length;
  one("[data-unsent]").hidden = isOnline || unsent === 0;
  one("[data-unsent-count]").textContent = unsent;
  showClock();
}

function showTicks() {
  const lines = all("[data-line]");
  for (const line of lines) showLine(line);
  for (const group of all("[data-group]")) {
    const within = all("[data-line]", group);
    const whole = one("[data-whole]", group);
    whole.checked = within.every((line) => safeOf(line) === Number(line.dataset.count));
    whole.indeterminate = !whole.checked && within.some((line) => safeOf(line) > 0);
  }
  for (const section of all("[data-section]")) {
    one("[data-section-safe]", section).textContent = sum(all("[data-line]", section));
  }
  const total = lines.reduce((people, line) => people + Number(line.dataset.count), 0);
  const safe = sum(lines);
  one("[data-safe-sum]").textContent = safe;
  one("[data-bar]").value = safe;
  const missing = one("[data-missing]");
  if (!missing) return;
  one("[data-missing-sum]").textContent = total - safe;
  missing.setAttribute("aria-pressed", String(onlyMissing));
}

function showLine(line) {
  const field = one("[data-safe]", line), safe = safeOf(line);
  const other = others.get(line.dataset.line);
  if (field.type === "checkbox") field.checked = safe > 0;
  else if (field !== document.activeElement) field.value = safe;
  line.classList.toggle("is-safe", safe === Number(line.dataset.count));
  const by = one("[data-by]", line);
  by.hidden = !other || (own.get(line.dataset.line)?.safe ?? 0) >= other.safe;
  one("[data-by-name]", by).textContent = other?.by ? `: ${other.by}` : "";
}

const sum = (lines) => lines.reduce((people, line) => people + safeOf(line), 0);

function showClock() {
  if (!event) return;
  const seconds = Math.max(0, Math.floor((now() - Date.parse(event.started_at)) / 1000));
  const two = (number) => String(number).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const clock = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  one("[data-elapsed]").textContent = hours ? `${hours}:${clock}` : clock;
}

async function keepForLater() {
  if (!("serviceWorker" in navigator)) return;
  const registration = await navigator.serviceWorker.register(`${PAGE}/worker.js`, {scope: PAGE});
  const ready = registration.active ?? (await waitFor(registration));
  const loaded = performance.getEntriesByType("resource").map(({name}) => name).filter((name) => name.includes("/static/"));
  const styles = ["fonts", "tokens", "base", "shapes", "roll-call"].map((name) => `/static/css/${name}.css`);
  ready.postMessage({type: "keep", addresses: [PAGE, `${PAGE}?by=group`, `${PAGE}/empty`, ...styles, ...new Set(loaded)]});
  navigator.serviceWorker.addEventListener("message", ({data}) => {
    if (data?.type === "kept") document.documentElement.dataset.kept = "yes";
  });
}

function waitFor(registration) {
  const coming = registration.installing ?? registration.waiting;
  return new Promise((resolve) => coming.addEventListener("statechange", () => {
    if (coming.state === "activated") resolve(coming);
  }));
}

await begin();
