/** The wall: paints the topics `occupancy` and `arrivals` into the page that the server drew, and says when they are old. */

import {anchorClock} from "./clock.js";
import {openLive} from "./live.js";
import {placeRooms, paintZones} from "./wall-plan.js";
import {paintArrivals, paintTotal, say} from "./wall-tally.js";

const wall = document.querySelector("[data-wall]");
const {at, speed, timezone} = wall.dataset;
const clock = anchorClock({at, speed: Number(speed), timezone, language: document.documentElement.lang});
const slot = (name) => wall.querySelector(`[data-slot="${name}"]`);
let figuresAt = clock.now();

placeRooms(wall.querySelector("[data-plan]"));
paintArrivals(wall, null, clock);

clock.every(() => {
  slot("clock").textContent = clock.time();
  slot("date").textContent = clock.weekday();
});

openLive({
  topics: ["occupancy", "arrivals"],
  onState(topic, state) {
    clock.anchor(state.at);
    figuresAt = clock.now();
    if (topic === "occupancy") {
      paintZones(wall, state);
      paintTotal(wall, state);
    } else {
      paintArrivals(wall, state, clock);
    }
    wall.dataset.seq = state.seq ?? wall.dataset.seq ?? "";
  },
  onMessage(message) {
    // A quiet space is not an old one: the answer to a ping says that these figures still hold.
    if (message.type !== "pong") return;
    clock.anchor(message.at, {isNow: true});
    figuresAt = clock.now();
  },
  onStatus(isAlive) {
    wall.classList.toggle("is-stale", !isAlive);
    wall.querySelector("[data-stale]").hidden = isAlive;
    if (!isAlive) say(wall, "stale", {time: clock.time(figuresAt)});
  },
});
