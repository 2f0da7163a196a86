/**
 * Brings what waits in the outbox to the server, in order, and takes the answers. There is no separate offline mode:
 * a scan leaves the outbox when it is answered, however often it has to be sent.
 *
 *   const delivery = await startDelivery({outbox, onState, onAnswer, onAlive, onCommand, onWaiting})
 *   await delivery.take(scan)      on disk when it resolves; sent as soon as the socket lives
 *   await delivery.amend(id, {…})  for what became true while it waits
 *   delivery.isDead()              true once the socket is declared dead
 */

import {openLive} from "/static/js/live.js";

const WINDOW = 500; // the most scans of a frame, and the most that are on their way
const FRAME_BYTES = 200 * 1024; // of the 256 KiB that a frame may have
const ANSWER_MS = 4_000;
const LEFTOVER_MS = 30_000;
const UNREADABLE = new Set(["malformed_json", "malformed_scans", "too_many_scans", "unknown_message"]);

export async function startDelivery({outbox, onState, onAnswer, onAlive, onCommand, onWaiting}) {
  const onTheWay = new Map();
  let sentUpTo = 0;
  let frameLimit = WINDOW;
  let isPumping = false;
  let isDead = false;

  await claimLeftovers(outbox);
  const live = openLive({topics: ["occupancy", "arrivals"], onState, onMessage: hear, onStatus});
  setInterval(watchAnswers, 500);
  report();

  function onStatus(isAlive) {
    isDead = !isAlive;
    sentUpTo = 0;
    onTheWay.clear();
    onAlive(isAlive);
    pump();
  }

  function hear(message) {
    if (message.type === "answers") takeAnswers(message.answers);
    else if (message.type === "problem") hearProblem(message);
    else if (message.type === "command") onCommand(message);
  }

  async function pump() {
    if (isPumping) return;
    isPumping = true;
    try {
      while (live.isAlive() && onTheWay.size < WINDOW) {
        const entries = fit(await outbox.after(sentUpTo, Math.min(frameLimit, WINDOW - onTheWay.size)));
        if (!entries.length || !live.send({type: "scan", scans: entries.map(({scan}) => scan)})) break;
        sentUpTo = entries.at(-1).number;
        const at = performance.now();
        for (const {scan} of entries) onTheWay.set(scan.id, at);
      }
    } finally {
      isPumping = false;
    }
  }

  async function takeAnswers(answers) {
    for (const answer of answers) {
      onTheWay.delete(answer.id);
      onAnswer(answer);
    }
    await outbox.remove(answers.map(({id}) => id));
    frameLimit = Math.min(WINDOW, frameLimit * 2);
    report();
    await pump();
  }

  /** What is no fault of the frame (a full disk, a lost right) is tried again on a new connection. */
  function hearProblem({code}) {
    if (!onTheWay.size) return;
    if (UNREADABLE.has(code)) shrink();
    else live.giveUp();
  }

  /** The server could not read a frame: send less at a time, so that one odd scan does not hold up the rest. */
  async function shrink() {
    if (frameLimit === 1) await outbox.setAside([onTheWay.keys().next().value]);
    frameLimit = Math.max(1, Math.floor(Math.min(frameLimit, onTheWay.size) / 2));
    sentUpTo = 0;
    onTheWay.clear();
    report();
    await pump();
  }

  function watchAnswers() {
    const oldest = onTheWay.values().next().value;
    if (oldest !== undefined && performance.now() - oldest > ANSWER_MS) live.giveUp();
  }

  async function report() {
    onWaiting(await outbox.count());
  }

  return {
    isDead: () => isDead,
    async take(scan) {
      await outbox.store(scan);
      report();
      pump();
    },
    amend: (id, changes) => outbox.change([id], changes),
  };
}

/** Cut a list of entries to what one frame may hold. */
function fit(entries) {
  let size = 0;
  return entries.filter(({scan}, place) => {
    size += JSON.stringify(scan).length * 1.1 + 2;
    return place === 0 || size < FRAME_BYTES;
  });
}

/**
 * What an earlier page left behind: its visitor has long gone through or away, so it is a fact, not a question. A
 * fresh one may still stand there (the page was reloaded under them) and is asked as it is.
 */
async function claimLeftovers(outbox) {
  for (let last = 0; ; ) {
    const entries = await outbox.after(last, WINDOW);
    if (!entries.length) return;
    const old = entries.filter(({scan, storedAt}) => !scan.offline && Date.now() - storedAt > LEFTOVER_MS);
    await outbox.change(old.map(({scan}) => scan.id), {offline: true});
    last = entries.at(-1).number;
  }
}
