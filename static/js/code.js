/** The second step of signing in: the clock goes on, the button says that it is busy. */

import {anchorClock} from "./clock.js";

const clockFace = document.querySelector("[data-clock]");
const {at, speed, timezone} = clockFace.dataset;
const clock = anchorClock({at, speed: Number(speed), timezone});
clock.every(() => { clockFace.querySelector('[data-slot="time"]').textContent = clock.time(); });

document.querySelector("form").addEventListener("submit", () => {
  const button = document.querySelector("[data-busy]");
  button.textContent = button.dataset.busy;
});
