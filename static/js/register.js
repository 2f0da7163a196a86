// Names the chosen time on the button that goes on. Without scripts the button says only that it goes on.
const words = document.querySelector("[data-go-words]");

document.addEventListener("change", ({ target }) => {
  if (words && target.dataset.go) words.textContent = target.dataset.go;
});
