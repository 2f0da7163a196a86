/** What the page knows: the last states, whether the socket lives, how many scans wait. Values for every screen. */

import {config, device, zones} from "./config.js";
import {clock, dateLine, momentSlots, timeOf, weekdayOf} from "./times.js";

const TIGHT = new Set(["amber"]);
const ROWS = 4;
const LATE_MS = 3_600_000; // a delegation that is later than this is no longer announced
const DAY_MS = 86_400_000;
const KEPT = "sanh-kiosk-states";

export const model = {occupancy: null, arrivals: null, isAlive: null, waiting: 0, heardAt: {}, ...recall()};

/** Keep a state; a restart with the server off shows it with its time. */
export function hear(topic, state) {
  model[topic] = state;
  model.heardAt[topic] = state.at;
  clock.anchor(state.at);
  try {
    localStorage.setItem(KEPT, JSON.stringify({occupancy: model.occupancy, arrivals: model.arrivals, heardAt: model.heardAt}));
  } catch {
    // A full or forbidden store costs only the figures of the next cold start.
  }
}

function recall() {
  try {
    return JSON.parse(localStorage.getItem(KEPT)) ?? {};
  } catch {
    return {};
  }
}

/** Values that every screen may show. */
export function common() {
  const own = zones.get(device?.zone);
  return {
    clock_time: clock.time(),
    clock_date: dateLine(),
    now_time: clock.time(),
    simulated: config.simulated,
    offline: model.isAlive === false,
    online: model.isAlive !== false,
    waiting: model.waiting,
    device_name: device?.name,
    role: device?.role,
    zone_name: own?.name,
    seconds: "",
  };
}

/** Values of the screen that waits for visitors. */
export function waitingValues(access) {
  const {occupancy, arrivals} = model;
  const next = (arrivals?.next ?? []).filter(({at}) => !at || new Date(at) > clock.now() - LATE_MS);
  const room = model.isAlive === false ? 2 : 3;
  const offline_rows = model.isAlive === false ? [{}] : [];
  return {
    ...common(),
    has_occupancy: Boolean(occupancy),
    people: occupancy?.people,
    capacity: occupancy?.capacity,
    level: occupancy?.level,
    figures_time: occupancy ? timeOf(occupancy.at) : "",
    next: next.slice(0, room).map(({at, name, people}) => ({time: at ? timeOf(at) : "", name, people})),
    next_some: next.length > 0 && model.isAlive !== false,
    next_none: Boolean(arrivals) && next.length === 0,
    next_old: model.isAlive === false && Boolean(arrivals) && next.length > 0,
    schedule_time: model.heardAt.arrivals ? timeOf(model.heardAt.arrivals) : "",
    large_letters: access.hasLargeLetters,
    role_desk: device?.role === "desk" ? [{}] : [],
    role_exhibit: device?.role === "exhibit" ? [{}] : [],
    role_survey: device?.role === "survey" ? [{}] : [],
    offline_rows,
  };
}

/** The zones that a visitor may go to now, those with the most room first. */
export function zoneRows(except) {
  const states = new Map((model.occupancy?.zones ?? []).map((state) => [state.id, state]));
  const lobby = config.zones[0]?.id;
  const rows = config.zones
    .filter(({id}) => id !== lobby && id !== device?.zone && id !== except)
    .map((zone) => ({...zone, zone: zone.name, state: stateOf(states.get(zone.id)), share: share(states.get(zone.id))}));
  const order = {free: 0, tight: 1, full: 2, unknown: 3};
  rows.sort((one, other) => order[one.state] - order[other.state] || one.share - other.share);
  return rows.slice(0, ROWS).map((row, place) => ({...row, number: place + 1}));
}

function stateOf(zone) {
  if (!zone || model.isAlive === false) return "unknown";
  if (zone.people >= zone.capacity || zone.level === "red") return "full";
  return TIGHT.has(zone.level) ? "tight" : "free";
}

function share(zone) {
  return zone?.capacity ? zone.people / zone.capacity : 0;
}

/** When the space opens again by its hours, as slots; none where it never closes or never opens. */
export function opening() {
  const now = clock.now().getTime();
  for (let day = 0; day < 8; day += 1) {
    const moment = new Date(now + day * DAY_MS);
    const opens = config.opening[weekdayOf(moment)].find((time) => day > 0 || time > clock.time());
    if (opens) return {...momentSlots("opens", moment), opens_time: opens};
  }
  return {opens_time: null};
}
