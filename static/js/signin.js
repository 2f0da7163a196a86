/** The sign-in form: the clock goes on, the password can be shown, the button says that it is busy. */

import {anchorClock} from "./clock.js";

const clockFace = document.querySelector("[data-clock]");
const {at, speed, timezone} = clockFace.dataset;
const clock = anchorClock({at, speed: Number(speed), timezone});
clock.every(() => { clockFace.querySelector('[data-slot="time"]').textContent = clock.time(); });

const reveal = document.querySelector("[data-reveal]");
const secret = document.getElementById(reveal.dataset.reveal);
reveal.hidden = false;
reveal.addEventListener("click", () => {
  const isShown = secret.type === "password";
  secret.type = isShown ? "text" : "password";
  reveal.setAttribute("aria-pressed", String(isShown));
});

document.querySelector("form").addEventListener("submit", () => {
  const button = document.querySelector("[data-busy]");
  button.textContent = button.dataset.busy;
});
