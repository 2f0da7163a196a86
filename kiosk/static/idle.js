/** The printed countdown of a screen. Any touch or key starts it anew; at zero the screen closes. */

import {put} from "./screens.js";

const WARNING_SECONDS = 5;
let seconds = 0;
let left = 0;
let timer = 0;
let close = () => {};

export function countDown(limit, onEnd) {
  stop();
  if (!limit) return;
  seconds = left = limit;
  close = onEnd;
  put("seconds", left);
  timer = setInterval(tick, 1_000);
}

export function stop() {
  clearInterval(timer);
  timer = 0;
  document.documentElement.removeAttribute("data-closing");
}

/** Print the time that is left, e.g. after the screen changed its language. */
export function printLeft() {
  if (timer) put("seconds", left);
}

function extend() {
  if (!timer) return;
  left = seconds;
  document.documentElement.removeAttribute("data-closing");
  put("seconds", left);
}

function tick() {
  left -= 1;
  document.documentElement.toggleAttribute("data-closing", left <= WARNING_SECONDS);
  put("seconds", Math.max(left, 0));
  if (left > 0) return;
  stop();
  close();
}

for (const kind of ["pointerdown", "touchstart", "keydown"]) document.addEventListener(kind, extend, {passive: true, capture: true});
