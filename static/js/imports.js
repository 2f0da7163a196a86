/** The import wizard, made quicker: drop a file, mend a cell where it stands, see progress without loading the page anew. */

const POLL_MS = 700;
let work = document.querySelector("[data-work]");
let polling = 0;

/** Load a page and put its wizard in place of this one; keeps the scroll of the grid. Returns whether it could. */
async function load(address, options = {}) {
  const answer = await fetch(address, {credentials: "same-origin", ...options});
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const next = page.querySelector("[data-work]");
  if (!next || !work) {
    location.assign(answer.url);
    return false;
  }
  const scroll = work.querySelector(".grid-scroll");
  const {scrollLeft, scrollTop} = scroll ?? {};
  work.replaceWith(next);
  work = next;
  document.title = page.title;
  const fresh = work.querySelector(".grid-scroll");
  if (fresh && scroll) fresh.scrollTo(scrollLeft, scrollTop);
  history.replaceState(null, "", answer.url);
  watch();
  return true;
}

/** As long as something is at work, look how far it is. Never while somebody types. */
function watch() {
  clearTimeout(polling);
  if (!work || !("busy" in work.dataset)) return;
  polling = setTimeout(async () => {
    const typing = document.activeElement?.closest("input:not([type=hidden]), textarea, select, dialog");
    if (typing) {
      watch();
      return;
    }
    try {
      const focused = document.activeElement?.getAttribute("href");
      await load(location.href);
      if (focused) work.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
    } catch {
      watch();
    }
  }, POLL_MS);
}

/** Put an input where a cell stands. Enter keeps, Escape leaves. */
function edit(cell) {
  if (cell.querySelector("input")) return;
  const shown = [...cell.childNodes];
  const was = cell.querySelector("[data-text]").textContent;
  const column = cell.cellIndex;
  const input = document.createElement("input");
  input.className = "cell-input";
  input.value = was;
  input.maxLength = 2000;
  input.setAttribute("aria-label", cell.closest("table").tHead.rows[0].cells[column].innerText.trim());
  cell.replaceChildren(input);
  input.focus();
  input.select();
  let isOver = false;
  const leave = () => {
    if (isOver) return;
    isOver = true;
    cell.replaceChildren(...shown);
  };
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      leave();
      cell.querySelector("a")?.focus();
    } else if (event.key === "Enter") {
      event.preventDefault();
      isOver = true;
      keep(cell.dataset.cell, input.value.trim());
    }
  });
  input.addEventListener("blur", () => {
    if (isOver) return;
    if (input.value.trim() === was) {
      leave();
      return;
    }
    isOver = true;
    keep(cell.dataset.cell, input.value.trim());
  });
}

async function keep(place, value) {
  const [sheet, row, column] = place.split(".").map(Number);
  const answer = await fetch(`/api/v1/imports/${work.dataset.import}`, {
    method: "PATCH",
    credentials: "same-origin",
    headers: {"Content-Type": "application/json"},
    body: JSON.stringify({cells: [{sheet, row, column, value}]}),
  });
  if (await load(location.href)) {
    const next = answer.ok ? work.querySelector(".grid .is-wrong a") : work.querySelector(`[data-cell="${place}"] a`);
    next?.focus();
  }
}

document.addEventListener("click", (event) => {
  const cell = event.target.closest("td[data-cell]");
  if (!cell || event.ctrlKey || event.metaKey || event.shiftKey || event.target.closest("input")) return;
  if (String(getSelection()) && !event.target.closest("a")) return;
  event.preventDefault();
  edit(cell);
});

document.addEventListener("submit", async (event) => {
  const form = event.target;
  const button = event.submitter;
  if (form.matches("[data-quick]")) {
    event.preventDefault();
    const fields = new FormData(form, button);
    await load(form.action, {method: "POST", body: new URLSearchParams(fields)});
    work?.querySelector(".hints button, .hints a")?.focus();
  } else if (button?.dataset.busyText) {
    // Keeps its width: only the word changes.
    button.style.minWidth = `${button.offsetWidth}px`;
    button.lastChild.textContent = button.dataset.busyText;
  }
});

const send = document.querySelector("[data-drop]");
if (send) {
  const file = send.querySelector("[type=file]");
  for (const kind of ["dragover", "dragleave", "drop"]) {
    send.addEventListener(kind, (event) => {
      event.preventDefault();
      send.classList.toggle("is-over", kind === "dragover");
    });
  }
  send.addEventListener("drop", (event) => {
    if (!event.dataTransfer?.files.length) return;
    file.files = event.dataTransfer.files;
    send.requestSubmit();
  });
}

watch();
