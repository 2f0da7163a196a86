/** The plan of the space on the welcome screen: the rooms, the suggested ones numbered, and the way to the first. */

import {config, device} from "./config.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 620; // the plan's own units; the page scales it
const SIGN = 66;

/** Hide the last zones where a long name takes their place, then draw the plan of the others. */
export function drawWay(root, {zones = []}) {
  const body = root.querySelector(".k-body");
  const rows = [...root.querySelectorAll(".k-way > li")];
  const overflows = () => body.scrollHeight > body.clientHeight + 1;
  while (rows.length > 1 && overflows()) rows.pop().hidden = true;
  drawPlan(root, zones.slice(0, rows.length));
}

function drawPlan(root, zones) {
  const picture = root.querySelector("[data-plan]");
  if (!picture || picture.childElementCount) return;
  const {ratio, lobby, rooms} = config.plan;
  const height = WIDTH / ratio;
  const place = ({x, y, width: w, height: h}) => ({x: x * WIDTH, y: y * height, width: w * WIDTH, height: h * height});
  picture.setAttribute("viewBox", `-4 -4 ${WIDTH + 8} ${height + 8}`);
  add(picture, "rect", {class: "k-plan-floor", width: WIDTH, height});
  for (const room of rooms) drawRoom(picture, room, place(room), zones.find(({id}) => id === room.id));
  add(picture, "rect", {class: "k-plan-wall", width: WIDTH, height});
  const floor = place(lobby);
  add(picture, "path", {class: "k-plan-entrance", d: `M${floor.x + floor.width / 2 - 42} ${height}h84`});
  const first = rooms.find(({id}) => id === zones[0]?.id);
  const here = standing(rooms, place, floor);
  if (first && device.zone === lobby.id && zones[0].state === "free") drawArrow(picture, here, first, place(first));
  add(picture, "circle", {class: "k-plan-here", cx: here.x, cy: here.y, r: 23});
  add(picture, "circle", {class: "k-plan-here-dot", cx: here.x, cy: here.y, r: 9});
}

/** Where this kiosk stands: by the entrance, or in the middle of its own zone. */
function standing(rooms, place, floor) {
  const own = rooms.find(({id}) => id === device.zone);
  if (!own) return {x: floor.x + floor.width / 2, y: floor.y + floor.height - 40};
  const box = place(own);
  return {x: box.x + box.width / 2, y: box.y + box.height / 2};
}

function drawRoom(picture, {id, door}, {x, y, width, height}, row) {
  add(picture, "rect", {class: "k-plan-room", x, y, width, height});
  const [middle, centre] = [x + width / 2, y + height / 2];
  const [half, tall] = [Math.min(26, width / 4), Math.min(26, height / 4)];
  const doors = {
    top: `M${middle - half} ${y}h${2 * half}`,
    bottom: `M${middle - half} ${y + height}h${2 * half}`,
    left: `M${x} ${centre - tall}v${2 * tall}`,
    right: `M${x + width} ${centre - tall}v${2 * tall}`,
  };
  if (door) add(picture, "path", {class: "k-plan-door", d: doors[door]});
  const zone = config.zones.find((known) => known.id === id);
  const size = row ? Math.min(SIGN, height * 0.7) : Math.min(SIGN * 0.6, height * 0.6);
  const sign = add(picture, "g", {transform: `translate(${middle - size / 2} ${centre - size / 2})`});
  if (!row) return drawGlyph(sign, zone, size);
  add(sign, "rect", {class: `k-plan-sign k-plan-${zone.colour || "a"}`, width: size, height: size});
  const number = add(sign, "text", {class: `k-plan-number k-plan-number-${zone.colour || "a"}`, x: size / 2, y: size * 0.71});
  number.textContent = row.number;
}

function drawGlyph(sign, {glyph}, size) {
  add(sign, "rect", {class: "k-plan-quiet", width: size, height: size});
  if (glyph) add(sign, "use", {class: "k-plan-glyph", href: `/static/glyphs.svg#${glyph}`, width: size, height: size});
}

/** From the entrance to the door of the first zone: along the floor, then an arrow through the door. */
function drawArrow(picture, here, {door}, {x, y, width, height}) {
  const [middle, centre] = [x + width / 2, y + height / 2];
  const near = 30;
  const ways = {
    bottom: {points: [[here.x, y + height + near], [middle, y + height + near], [middle, y + height - 8]], turn: 0},
    top: {points: [[here.x, y - near], [middle, y - near], [middle, y + 8]], turn: 180},
    right: {points: [[here.x, centre], [x + width - 8, centre]], turn: 270},
    left: {points: [[here.x, centre], [x + 8, centre]], turn: 90},
  };
  if (!ways[door]) return;
  const {points, turn} = ways[door];
  const line = [[here.x, here.y], ...points].map(([left, top]) => `${left} ${top}`).join("L");
  add(picture, "path", {class: "k-plan-way", d: `M${line}`});
  const [left, top] = points.at(-1);
  add(picture, "path", {class: "k-plan-arrow", d: "M-22 0 0-30 22 0Z", transform: `translate(${left} ${top}) rotate(${turn})`});
}

function add(parent, name, attributes) {
  const part = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) part.setAttribute(key, value);
  parent.append(part);
  return part;
}
