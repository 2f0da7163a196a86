/** From the server's answer to the screen that says it: decided here, worded by the templates. */

import {config, device, zones} from "./config.js";
import {scanCode} from "./ids.js";
import {common, model, opening, zoneRows} from "./model.js";
import {readPass} from "./passes.js";
import {has} from "./screens.js";
import {clock, momentSlots} from "./times.js";

/** Return {screen, values} of an answer to a scan. */
export function verdictOf(answer, scan) {
  const values = valuesOf(answer, scan);
  if (answer.answer !== "refused") return {screen: answer.answer, values};
  if (answer.code === "already_inside" && values.group) return {screen: "already_inside_group", values};
  if (answer.code === "direction_needed") return {screen: "direction", values};
  return {screen: has(answer.code) ? answer.code : "unrecorded", values};
}

/** Return {screen, values} of the kiosk's own verdict, once its socket is declared dead. */
export function ownVerdict(scan, pass) {
  const values = valuesOf({}, scan);
  if (!pass || pass.kind === "short") return {screen: "invalid_pass", values};
  return {screen: `noted-${scan.direction}`, values};
}

function valuesOf(answer, scan) {
  const delegation = answer.delegation ?? null;
  const isGroup = Boolean(delegation) && readPass(scan.pass)?.kind === "delegation";
  const name = isGroup ? null : answer.visitor?.display || null;
  const zone = zones.get(answer.zone) ?? zones.get(device.zone);
  const rows = zoneRows(answer.zone);
  return {
    ...common(),
    name,
    outer: !device.inner,
    group: isGroup,
    nameless: !name && !isGroup,
    organisation: delegation?.name ?? answer.visitor?.delegation ?? "",
    code: delegation?.code ?? "",
    covers: delegation?.covers,
    arrived: delegation ? Math.max(delegation.arrived ?? 0, delegation.inside ?? 0) : null,
    people: answer.people,
    guide: answer.guide?.name ?? answer.guide,
    zone_name: zone?.name,
    zones: rows,
    zones_open: rows.filter(({state}) => state === "free" || state === "tight").length,
    first_zone: rows[0]?.state === "free" ? rows[0].name : null,
    has_plan: config.plan.rooms.length > 0,
    max_people: answer.max_people,
    scan_code: scanCode(scan.id, clock.time()),
    ...momentSlots("since", sinceWhen(answer)),
    ...opening(),
    ...fullness(answer, zone, scan),
  };
}

/** What a refusal dates from: the appointment, the cancelling, or the last time that the pass came or went. */
function sinceWhen({code, since, revoked_at, delegation}) {
  if (code === "cancelled_delegation") return delegation?.cancelled_at;
  if (code === "too_early" || code === "expired") return delegation?.slot_at;
  return code === "revoked_pass" ? revoked_at : since;
}

function fullness({free, queue, expected}, zone, scan) {
  const inside = model.occupancy;
  const there = inside?.zones?.find(({id}) => id === zone?.id);
  const needed = scan.people ?? expected;
  return {
    free,
    needed,
    short: free > 0 && needed > free,
    queue_number: queue ? String(queue.number).padStart(2, "0") : null,
    queue_ahead: queue?.ahead,
    queue_first: queue?.ahead === 0,
    queue_wait: queue?.wait_minutes ? Math.ceil(queue.wait_minutes) : null,
    inside_known: Boolean(inside),
    people_inside: inside?.people,
    capacity: inside?.capacity,
    zone_known: Boolean(there),
    zone_people: there?.people,
    zone_capacity: there?.capacity,
  };
}
