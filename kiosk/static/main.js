/** The start of every device: unpaired, it pairs; a wall goes to its own page; all others read codes. */

import {device} from "./config.js";
import {openGate} from "./gate.js";
import {common, hear, model} from "./model.js";
import {startDelivery} from "./delivery.js";
import {openOutbox} from "./outbox.js";
import {readPass} from "./passes.js";
import {startPairing} from "./pairing.js";
import {listen} from "./scanner.js";
import {put} from "./screens.js";
import {clock} from "./times.js";
import {language} from "./screens.js";

const CHECK_MS = 60_000;

function bind(acts) {
  document.addEventListener("click", ({target}) => {
    const act = target.closest?.("[data-act]")?.dataset.act;
    if (act && acts[act]) acts[act]();
  });
}

function tellTime() {
  clock.every(() => {
    const {clock_time, clock_date} = common();
    put("clock_time", clock_time);
    put("clock_date", clock_date[language()]);
  });
}

async function openDevice() {
  let gate = null;
  const delivery = await startDelivery({
    outbox: await openOutbox(),
    onState: (topic, state) => {
      hear(topic, state);
      gate?.stateChanged();
    },
    onAnswer: (answer) => gate?.answered(answer),
    onAlive: (isAlive) => {
      model.isAlive = isAlive;
      gate?.alive(isAlive);
      if (!isAlive) checkPairing();
    },
    onCommand: ({name}) => name === "reload" && location.reload(),
    onWaiting: (count) => {
      model.waiting = count;
      gate?.stateChanged();
    },
  });
  gate = openGate(delivery);
  bind(gate.acts);
  listen({onScan: (text) => gate.scanned(text), isWhole: (text) => readPass(text)?.validUntil !== undefined});
  setInterval(checkPairing, CHECK_MS);
}

/** A device that staff revoked asks to be paired again; what waits in its outbox stays. */
async function checkPairing() {
  try {
    const answer = await fetch("/kiosk/config", {cache: "no-store"});
    if (answer.ok && (await answer.json()).device?.id !== device.id) location.reload();
  } catch {
    // Away: the device stays what it was.
  }
}

async function start() {
  if (!device) bind(startPairing().acts);
  else if (device.role === "wall") return location.replace("/wall");
  else await openDevice();
  tellTime();
  await keepPage();
}

/** Have the service worker keep what this page is made of, so that it starts with the server off. */
async function keepPage() {
  if (!("serviceWorker" in navigator)) return; // plain http on a LAN has none
  try {
    await navigator.serviceWorker.register("/kiosk/worker.js", {scope: "/kiosk"});
    const {active} = await navigator.serviceWorker.ready;
    const loaded = performance.getEntriesByType("resource").map(({name}) => name);
    const addresses = loaded.filter((address) => new URL(address).pathname.startsWith("/static/"));
    if (device) active.postMessage({type: "keep", addresses: ["/kiosk", ...new Set(addresses)]});
  } catch {
    // The page works without; only a cold start without the server does not.
  }
}

start();
