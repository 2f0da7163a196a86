// The form of a delegation: tells the server that it is open, and shows who else has it open; free slots fill in.
const PERIOD = 20_000;
const place = document.querySelector("[data-editing]");

async function tell() {
  try {
    const answer = await fetch(place.dataset.editing, { method: "POST", headers: { accept: "application/json" } });
    if (!answer.ok || answer.redirected) return;
    const { sentence } = await answer.json();
    if (place.textContent !== sentence) place.textContent = sentence;
  } catch {
    // The version guards what is saved; this is only a courtesy.
  }
}

if (place) {
  tell();
  setInterval(() => { if (!document.hidden) tell(); }, PERIOD);
}

for (const slot of document.querySelectorAll("[data-slot-day]")) {
  slot.addEventListener("click", () => {
    document.querySelector("#f-visit_date").value = slot.dataset.slotDay;
    document.querySelector("#f-time").value = slot.dataset.slotTime;
    document.querySelector("#f-time").focus();
  });
}
