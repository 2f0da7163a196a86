// The members of a delegation: all are chosen at once, and the bar counts the chosen. Needs no script to work.
const form = document.querySelector("[data-bulk]");
const bar = form?.querySelector("[data-bar]");
if (bar) {
  const ticks = [...form.querySelectorAll("input[name=member]:not(:disabled)")];
  const all = form.querySelector("[data-all]");

  const tell = () => {
    const chosen = ticks.filter((tick) => tick.checked);
    for (const tick of ticks) tick.closest("tr").classList.toggle("is-chosen", tick.checked);
    all.checked = chosen.length > 0 && chosen.length === ticks.length;
    all.indeterminate = chosen.length > 0 && chosen.length < ticks.length;
    bar.hidden = chosen.length === 0;
    bar.querySelector("[data-none]").hidden = chosen.length > 0;
    bar.querySelector("[data-some]").hidden = chosen.length === 0;
    bar.querySelector("[data-count]").textContent = String(chosen.length);
  };

  all.hidden = false;
  all.addEventListener("change", () => {
    for (const tick of ticks) tick.checked = all.checked;
    tell();
  });
  form.addEventListener("change", tell);
  tell();
}
