/** Trợ năng: contrast, large letters, everything within a low reach. Lasts for one visit. */

export const access = {isOn: false, hasLargeLetters: true};

export function turnAccess(on = !access.isOn) {
  access.isOn = on;
  access.hasLargeLetters = true;
  apply();
}

export function turnLetters() {
  access.hasLargeLetters = !access.hasLargeLetters;
  apply();
}

function apply() {
  const root = document.documentElement;
  if (access.isOn) root.dataset.contrast = "high";
  else delete root.dataset.contrast;
  root.dataset.letters = access.isOn && access.hasLargeLetters ? "large" : "normal";
}
