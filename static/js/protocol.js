// Printing the sheet from its page; the browser's own menu does the same without a script.
const button = document.querySelector("[data-print]");
if (button) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
