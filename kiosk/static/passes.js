/**
 * What a pass says without any server: its kind and how long it holds. Nothing is proven here; checking the
 * signature offline (`verify.js`) comes with the offline keys and takes what this returns.
 */

const KINDS = {1: "visitor", 2: "delegation", 3: "staff"};
const TOKEN = /^(?:https?:\/\/[^/?#\s]+(?:\/[^?#\s]*)?\/p\/)?([a-z2-7]{135})$/i;
const SHORT = /^[0-9a-hjkmnp-tv-zoil]{4}[- ]?[0-9a-hjkmnp-tv-zoil]{4}$/i;
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** Return {kind, id, validUntil} of a well-formed pass, {kind: "short"} of a short code, or null. */
export function readPass(text) {
  const match = TOKEN.exec(text.trim());
  if (!match) return SHORT.test(text.trim()) ? {kind: "short"} : null;
  const octets = decode(match[1].toUpperCase());
  const kind = KINDS[octets[13]];
  if (octets[0] !== 0x11 || !kind) return null;
  const seconds = octets.slice(14, 20).reduce((sum, octet) => sum * 256 + octet, 0);
  const id = [...octets.slice(5, 13)].map((octet) => octet.toString(16).padStart(2, "0")).join("");
  return {kind, id, validUntil: seconds ? new Date(seconds * 1_000) : null};
}

function decode(letters) {
  const octets = new Uint8Array(Math.floor((letters.length * 5) / 8));
  let bits = 0;
  let value = 0;
  let at = 0;
  for (const letter of letters) {
    value = ((value << 5) | ALPHABET.indexOf(letter)) & 0xffff;
    bits += 5;
    if (bits >= 8) octets[at++] = (value >> (bits -= 8)) & 0xff;
  }
  return octets;
}
