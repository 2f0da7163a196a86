/** The plan of the wall: rooms in their places, counts and words in the rooms. */

import {drawArches} from "./arches.js";

/** Put rooms and hall where the server's plan has them. Without this script they stand one below the other. */
export function placeRooms(plan) {
  for (const place of plan.querySelectorAll("[data-x]")) {
    for (const side of ["x", "y", "width", "height"]) place.style.setProperty(`--${side}`, place.dataset[side]);
  }
  plan.classList.add("is-placed");
}

export function paintZones(wall, occupancy) {
  for (const zone of occupancy.zones) {
    const place = wall.querySelector(`[data-zone="${CSS.escape(zone.id)}"]`);
    if (!place) continue;
    place.querySelector('[data-slot="people"]').textContent = zone.people ?? "—";
    const capacity = place.querySelector('[data-slot="capacity"]');
    if (!capacity) continue; // The lobby has no arches: it is everybody's way.
    capacity.textContent = zone.capacity;
    place.dataset.tone = toneOf(zone);
    place.toggleAttribute("data-is-wide", zone.capacity > 99);
    drawArches(place.querySelector("[data-arches]"), zone.people ?? 0, zone.capacity);
  }
}

/** "full", "nearly", "lost", or "" while there is room: the page shows the word that belongs to it. */
export function toneOf({people, capacity, level}) {
  if (people == null) return "lost";
  if (people >= capacity) return "full";
  return level === "amber" || level === "red" ? "nearly" : "";
}
