/** The start page's live figure and clock. Without this script they stay as the server wrote them. */

import {anchorClock} from "./clock.js";
import {openLive} from "./live.js";

const figure = document.querySelector("[data-live]");
const {at, speed, timezone} = figure.dataset;
const language = document.documentElement.lang;
const clock = anchorClock({at, speed: Number(speed), timezone, language});
const numbers = new Intl.NumberFormat(language);
const slot = (name) => figure.querySelector(`[data-slot="${name}"]`);

clock.every(() => { slot("time").textContent = clock.time(); });

openLive({
  topics: ["occupancy"],
  onState(topic, state) {
    if (topic === "occupancy") slot("people").textContent = numbers.format(state.people);
  },
  onMessage(message) {
    if (message.type === "pong") clock.anchor(message.at, {isNow: true});
  },
});
