/** Ids of scans, made by the kiosk so that a scan has one before anybody else heard of it. */

export function newId() {
  // randomUUID is missing on plain http, which a LAN without certificates has.
  if (crypto.randomUUID) return crypto.randomUUID();
  const octets = crypto.getRandomValues(new Uint8Array(16));
  octets[6] = (octets[6] & 0x0f) | 0x40;
  octets[8] = (octets[8] & 0x3f) | 0x80;
  const digits = [...octets].map((octet) => octet.toString(16).padStart(2, "0")).join("");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** A scan's number for people to say: two signs of its id and its time. */
export function scanCode(id, time) {
  return `${id.slice(0, 2).toUpperCase()}-${time.replace(":", "")}`;
}
