// The list of delegations: the bulk bar says what it will really do, and all rows are chosen at once.
const form = document.querySelector("[data-bulk]");
if (form) {
  const ticks = [...form.querySelectorAll("input[name=code]")];
  const all = form.querySelector("[data-all]");
  const part = (name) => form.querySelector(`[data-${name}]`);

  const tell = () => {
    const chosen = ticks.filter((tick) => tick.checked);
    const stuck = chosen.filter((tick) => tick.dataset.stuck === "1").length;
    for (const tick of ticks) tick.closest("tr").classList.toggle("is-chosen", tick.checked);
    all.checked = chosen.length > 0 && chosen.length === ticks.length;
    all.indeterminate = chosen.length > 0 && chosen.length < ticks.length;
    part("bar").hidden = chosen.length === 0;
    part("none").hidden = chosen.length > 0;
    part("some").hidden = chosen.length === 0;
    part("count").textContent = String(chosen.length);
    part("ready").textContent = chosen.length ? String(chosen.length - stuck) : "";
    part("stuck-part").hidden = stuck === 0;
    part("stuck-count").textContent = String(stuck);
    part("confirm").disabled = chosen.length > 0 && stuck === chosen.length;
    const print = part("print");
    if (print) {
      print.hidden = chosen.length === 0;
      print.href = `/staff/badges?${chosen.map((tick) => `delegation=${encodeURIComponent(tick.value)}`).join("&")}`;
    }
  };

  all.hidden = false;
  all.addEventListener("change", () => {
    for (const tick of ticks) tick.checked = all.checked;
    tell();
  });
  form.addEventListener("change", tell);
  // The button has said how many it confirms, so nobody needs to be asked again.
  part("confirm").addEventListener("click", () => { part("sure").value = "yes"; });
  tell();
}
