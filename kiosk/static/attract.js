/** What the waiting screen draws beside its words: one arch a place. */

import {drawArches} from "/static/js/arches.js";

export function drawAttract(root, {people, capacity, large_letters}) {
  root.querySelector("[data-act=letters]")?.setAttribute("aria-pressed", String(large_letters));
  const arches = root.querySelector("[data-arches]");
  if (arches && capacity) drawArches(arches, people, capacity);
}
