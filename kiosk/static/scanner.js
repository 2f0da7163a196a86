/**
 * A wedge scanner types what it read. Its keys are read by place (`event.code`), so Telex, Caps Lock and the layout
 * of the system do not garble them; a field with inputmode=none takes what keyboards without codes type.
 *
 *   listen({onScan(text), isWhole(text)})
 */

// A scanner without Enter is done when it has typed a whole pass, or when no key comes for a while.
const WHOLE_MS = 60;
const END_MS = 500;
const LATE_ENTER_MS = 400;
const FORGET_MS = 2_500; // What people type slowly and never end with Enter.
const SAME_MS = 4_000; // The same code again within this time is the same scan.
const MACHINE_LENGTH = 16; // Shorter texts wait for Enter: a short code may be typed by hand.
const LONGEST = 4_096;

const DIGIT_SHIFTED = ")!@#$%^&*(";
const SIGNS = {
  Minus: "-_", Equal: "=+", BracketLeft: "[{", BracketRight: "]}", Backslash: "\\|", Semicolon: ";:", Quote: "'\"",
  Comma: ",<", Period: ".>", Slash: "/?", Backquote: "`~", Space: "  ",
  NumpadSubtract: "--", NumpadAdd: "++", NumpadDivide: "//", NumpadMultiply: "**", NumpadDecimal: "..",
};

/** Return the character that a key of the US layout stands for; empty when the key types nothing. */
export function readKey({code, key, shiftKey}) {
  const letter = /^Key([A-Z])$/.exec(code);
  if (letter) return shiftKey ? letter[1] : letter[1].toLowerCase();
  const digit = /^(Digit|Numpad)([0-9])$/.exec(code);
  const signs = digit ? digit[2] + (digit[1] === "Digit" ? DIGIT_SHIFTED[digit[2]] : "") : SIGNS[code];
  if (!signs) return "";
  // Where the layout agrees, the key itself knows best whether it was shifted.
  if (key?.length === 1 && signs.includes(key)) return key;
  return signs[shiftKey && signs.length > 1 ? 1 : 0];
}

export function listen({onScan, isWhole = () => false, field = document.getElementById("wedge")}) {
  let typed = "";
  let timer = 0;
  let endedAt = -Infinity;
  let last = {text: "", at: -Infinity};

  function finish() {
    clearTimeout(timer);
    const text = (typed || field.value).trim();
    typed = "";
    field.value = "";
    if (!text) return;
    endedAt = performance.now();
    if (text === last.text && endedAt - last.at < SAME_MS) return;
    last = {text, at: endedAt};
    onScan(text);
  }

  function forget() {
    typed = "";
    field.value = "";
  }

  function wait(text) {
    clearTimeout(timer);
    if (text.length >= MACHINE_LENGTH) timer = setTimeout(finish, isWhole(text) ? WHOLE_MS : END_MS);
    else timer = setTimeout(forget, FORGET_MS);
  }

  function onKey(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || isOtherField(event.target, field)) return;
    const ends = event.code === "Enter" || event.code === "NumpadEnter" || event.code === "Tab";
    // A late Enter must not press the button that the verdict put under it.
    if (ends && (typed || field.value || performance.now() - endedAt < LATE_ENTER_MS)) {
      event.preventDefault();
      return finish();
    }
    const character = readKey(event);
    if (!character || (character === " " && !typed)) return;
    event.preventDefault();
    if (typed.length < LONGEST) typed += character;
    wait(typed);
  }

  document.addEventListener("keydown", onKey, true);
  field.addEventListener("input", () => {
    if (typed) field.value = "";
    else wait(field.value);
  });
  const focus = () => {
    if (document.activeElement === document.body || document.activeElement === null) field.focus({preventScroll: true});
  };
  document.addEventListener("pointerup", () => setTimeout(focus, 50));
  field.addEventListener("blur", () => setTimeout(focus, 50));
  focus();
}

function isOtherField(target, field) {
  return target !== field && target instanceof Element && target.matches("input, textarea, [contenteditable]");
}
