/**
 * A device that belongs to nobody: shows a code, asks whether staff approved it, takes its token once (as a cookie
 * that scripts cannot read) and opens the screen of its role. The secret stays in this page's memory.
 */

import {common} from "./model.js";
import {language, put, refresh, show, speak} from "./screens.js";

const ASK_EVERY_MS = 2_000;
const LONGEST_MS = 600_000;
const RETRY_MS = 3_000;

export function startPairing() {
  let pairing = null;
  let isLost = false;

  const values = () => ({
    ...common(),
    has_code: Boolean(pairing),
    no_server: isLost,
    code: pairing?.code.replace(/(..)(?=.)/g, "$1 ") ?? "",
    left: left(),
    address: pairing ? `${location.host}/staff/devices` : "",
  });

  function left() {
    const seconds = pairing ? Math.max(0, Math.round((pairing.until - performance.now()) / 1_000)) : 0;
    return `${String(Math.floor(seconds / 60)).padStart(2, "0")}:${String(seconds % 60).padStart(2, "0")}`;
  }

  function draw(root) {
    const picture = root.querySelector("[data-source=qr]");
    const address = pairing && `/kiosk/pairing.svg?code=${pairing.code}`;
    if (picture && address && !picture.src.endsWith(address)) picture.src = address;
  }

  async function askForCode() {
    try {
      const answer = await fetch("/api/v1/devices/codes", {method: "POST"});
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      const {code, secret, expires_at} = await answer.json();
      const served = Date.parse(answer.headers.get("Date") ?? "") || Date.now();
      // By the server's own clock (whole seconds, a little late): this device's may be wrong by hours.
      const lasts = Math.min(Date.parse(expires_at) - served, LONGEST_MS);
      pairing = {code, secret, until: performance.now() + lasts};
      isLost = false;
      refresh(values());
      setTimeout(claim, ASK_EVERY_MS);
    } catch {
      lose();
    }
  }

  async function claim() {
    if (performance.now() > pairing.until) return renew();
    try {
      const answer = await fetch("/api/v1/devices/claims", {
        method: "POST",
        headers: {"Content-Type": "application/json"},
        body: JSON.stringify({secret: pairing.secret}),
      });
      if (answer.status === 200) return location.reload();
      if (answer.status !== 202 && answer.status < 500 && answer.status !== 429) return renew();
    } catch {
      // The code stays good while the server is away.
    }
    setTimeout(claim, ASK_EVERY_MS);
  }

  function renew() {
    pairing = null;
    refresh(values());
    askForCode();
  }

  function lose() {
    isLost = true;
    refresh(values());
    setTimeout(askForCode, RETRY_MS);
  }

  show("pairing", values(), draw);
  askForCode();
  setInterval(() => put("left", left()), 1_000);
  return {acts: {language: () => speak(language() === "vi" ? "en" : "vi")}};
}
