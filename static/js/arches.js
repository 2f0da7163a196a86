/**
 * Keep the arches of a zone or of the space true: one arch is one place, filled when taken.
 * Above the element's `data-limit` places a bar stands instead, as the macro `arches` in parts/shapes.html draws it.
 */

const SVG = "http://www.w3.org/2000/svg";

export function drawArches(element, people, capacity) {
  const limit = Number(element.dataset.limit ?? 24);
  if (capacity > limit) drawBar(element, people, capacity);
  else drawPlaces(element, people, capacity);
}

function drawPlaces(element, people, capacity) {
  if (element.children.length !== capacity || element.firstElementChild?.tagName !== "I") {
    element.replaceChildren(...Array.from({length: capacity}, () => {
      const arch = document.createElement("i");
      arch.className = "arch";
      return arch;
    }));
    element.classList.add("arches");
  }
  [...element.children].forEach((arch, place) => arch.classList.toggle("is-taken", place < people));
}

function drawBar(element, people, capacity) {
  let bar = element.querySelector("svg");
  if (!bar) {
    bar = document.createElementNS(SVG, "svg");
    bar.setAttribute("class", "arches-bar");
    bar.setAttribute("preserveAspectRatio", "none");
    for (const name of ["ground", "taken"]) {
      const part = document.createElementNS(SVG, "rect");
      part.setAttribute("class", `arches-bar-${name}`);
      part.setAttribute("height", "1");
      bar.append(part);
    }
    element.replaceChildren(bar);
    element.classList.remove("arches");
  }
  bar.setAttribute("viewBox", `0 0 ${capacity} 1`);
  bar.firstElementChild.setAttribute("width", capacity);
  bar.lastElementChild.setAttribute("width", Math.min(people, capacity));
}
