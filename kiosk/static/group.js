/**
 * The question of a delegation's pass: how many of them come in, or leave? Knows the numbers, draws the arches.
 *
 *   const question = askGroup({delegation, direction, isOffline})
 *   question.values()  question.fewer()  question.more()  question.turn()  question.answer() → {people, direction}
 */

const MOST_ARCHES = 24;
const ROW = 9; // a small group stands in one row; arches keep their size
const MOST_UNKNOWN = 200;

export function askGroup({delegation, direction, isOffline}) {
  const covers = delegation?.covers ?? 0;
  const inside = delegation?.inside ?? 0;
  const expected = Math.max(0, covers - inside);
  const known = Boolean(delegation);
  let leaving = direction === "out" || (direction === "auto" && known && expected === 0);
  let number = proposal();

  function proposal() {
    if (!known) return 1;
    return Math.max(1, leaving ? inside : expected);
  }

  function most() {
    if (!known) return MOST_UNKNOWN;
    return Math.max(1, leaving ? inside : expected);
  }

  return {
    values: () => ({
      organisation: delegation?.name ?? "",
      code: delegation?.code ?? "",
      known,
      leaving,
      number,
      covers,
      inside,
      staying: Math.max(0, inside - number),
      total: leaving ? inside - number : inside + number,
      whole: known && !leaving && number === expected,
      missing: known && !leaving && expected - number,
      can_turn: direction === "auto" && (!known || (leaving ? expected > 0 : inside > 0)),
      offline: isOffline,
      at_least: number <= 1,
      at_most: number >= most(),
    }),
    fewer: () => (number = Math.max(1, number - 1)),
    more: () => (number = Math.min(most(), number + 1)),
    turn() {
      leaving = !leaving;
      number = proposal();
    },
    answer: () => ({people: number, direction: leaving ? "out" : "in"}),
  };
}

/** Draw one arch a person: ticked inside, ochre for those of this scan, empty for the rest; above 24 a bar. */
export function drawGroup(root, {covers, inside, number, leaving, known, at_least, at_most}) {
  const [fewer, more] = root.querySelectorAll("[data-act=fewer], [data-act=more]");
  fewer.disabled = at_least;
  more.disabled = at_most;
  const places = root.querySelector("[data-group-arches]");
  if (!known || !places) return;
  const stay = leaving ? inside - number : inside;
  if (covers > MOST_ARCHES) return drawBar(places, covers, stay, number);
  while (places.children.length > covers) places.lastChild.remove();
  while (places.children.length < covers) places.append(document.createElement("i"));
  places.style.setProperty("--columns", Math.max(ROW, Math.ceil(covers / 2)));
  [...places.children].forEach((arch, place) => {
    arch.className = place < stay ? "k-person k-person-in" : place < stay + number ? "k-person k-person-now" : "k-person";
  });
}

function drawBar(places, covers, stay, number) {
  places.classList.add("k-people-bar");
  while (places.children.length < 2) places.append(document.createElement("i"));
  const [inside, now] = places.children;
  inside.className = "k-bar-in";
  now.className = "k-bar-now";
  inside.style.width = `${(stay / covers) * 100}%`;
  now.style.width = `${(number / covers) * 100}%`;
}
