/**
 * A gate's conversation: a code is read, perhaps a question is asked, a verdict is shown. A new scan replaces any
 * screen at once; nobody waits for an animation or for the person before.
 */

import {access, turnAccess, turnLetters} from "./access.js";
import {config, device} from "./config.js";
import {askGroup, drawGroup} from "./group.js";
import {countDown, printLeft, stop} from "./idle.js";
import {newId} from "./ids.js";
import {common, model, waitingValues} from "./model.js";
import {readPass} from "./passes.js";
import {drawWay} from "./plan.js";
import {current, language, refresh, show, speak} from "./screens.js";
import {play} from "./sound.js";
import {drawAttract} from "./attract.js";
import {clock} from "./times.js";
import {ownVerdict, verdictOf} from "./verdicts.js";

const READING_MS = 80;
const ASK_MS = 1_500;
const ACCESS_FACTOR = 3; // who needs large letters needs time
const RESET_MS = 60_000;

export function openGate(delivery) {
  let standing = null; // the scan whose visitor stands here: {scan, isStored, isSettled}
  let pass = null;
  let text = "";
  let question = null;
  let reading = 0;
  let reset = 0;
  const knowledge = new Map(); // the last word on each delegation's pass, for when the server is gone

  const home = () => {
    clearTimeout(reading);
    standing = question = null;
    stop();
    show(homeScreen(), waitingValues(access), drawAttract);
  };

  function homeScreen() {
    if (device.role !== "gate") return "role";
    return access.isOn ? "attract-access" : "attract";
  }

  function close() {
    // The next visitor starts in the house's own language and look.
    if (access.isOn) turnAccess(false);
    document.documentElement.lang = device.language ?? config.language;
    home();
  }

  function present(screen, values, draw) {
    clearTimeout(reading);
    const {seconds, sound} = show(screen, values, draw);
    play(sound);
    countDown(Number(seconds) * (access.isOn ? ACCESS_FACTOR : 1), close);
  }

  async function scanned(read) {
    [text, pass, question] = [read, readPass(read), null];
    if (asksForNumber()) return ask();
    await record({direction: device.direction ?? "auto"});
  }

  const isOuterGate = () => !device.inner && (device.role === "gate" || device.role === "desk");
  const asksForNumber = () => isOuterGate() && (pass?.kind === "delegation" || (pass?.kind === "short" && !delivery.isDead()));

  async function ask(leaving = false) {
    showReading();
    const asked = text;
    const found = delivery.isDead() ? null : await look(asked);
    if (asked !== text) return;
    if (found?.text) text = found.text; // a short code becomes the pass that it stands for
    if (found) knowledge.set(text, found);
    const isDead = delivery.isDead() || found === undefined;
    if (!isDead && found?.kind !== "delegation") return record({direction: device.direction ?? "auto"});
    if (found && found.ask === false) return record({direction: device.direction ?? "auto"});
    const delegation = (found ?? knowledge.get(text))?.delegation ?? null;
    question = askGroup({delegation, direction: device.direction ?? "auto", isOffline: isDead});
    if (leaving && !question.values().leaving) question.turn();
    present("group", {...common(), ...question.values()}, drawGroup);
  }

  /** What the server knows of a pass: null when it knows nothing, undefined when it cannot be asked. */
  async function look(read) {
    try {
      const answer = await fetch(`/kiosk/pass?text=${encodeURIComponent(read)}`, {signal: AbortSignal.timeout(ASK_MS)});
      return answer.ok ? await answer.json() : null;
    } catch {
      return undefined;
    }
  }

  function showReading() {
    clearTimeout(reading);
    stop();
    reading = setTimeout(() => show("reading", common()), READING_MS);
  }

  async function record(extra) {
    const scan = {id: newId(), pass: text, at: clock.now().toISOString(), ...extra};
    if (delivery.isDead()) scan.offline = true;
    const mine = (standing = {scan, isStored: false, isSettled: false});
    showReading();
    try {
      await delivery.take(scan);
    } catch {
      return present("unrecorded", verdictOf({answer: "refused", code: "unrecorded"}, scan).values);
    }
    mine.isStored = true;
    await settleAlone(mine);
  }

  /** The kiosk's own verdict: only once the socket is declared dead, and under the same id. */
  async function settleAlone(mine) {
    if (!mine?.isStored || mine.isSettled || !delivery.isDead()) return;
    mine.isSettled = true;
    if (!mine.scan.offline) await delivery.amend(mine.scan.id, {offline: true});
    if (standing !== mine) return;
    const {screen, values} = ownVerdict(mine.scan, pass);
    present(screen, values);
  }

  home();
  return {
    scanned,
    answered(answer) {
      if (!standing || standing.isSettled || answer.id !== standing.scan.id) return;
      standing.isSettled = true;
      const {screen, values} = verdictOf(answer, standing.scan);
      present(screen, values, drawWay);
    },
    alive(isAlive) {
      refreshHome();
      if (!isAlive) settleAlone(standing);
    },
    stateChanged: refreshHome,
    acts: {
      done: close,
      language: () => {
        speak(language() === "vi" ? "en" : "vi");
        printLeft();
        resetLater();
      },
      access: () => {
        turnAccess();
        home();
        resetLater();
      },
      letters: () => {
        turnLetters();
        refreshHome();
        resetLater();
      },
      call: () => {
        present("called", {...common(), scan_code: ""});
        play("call");
      },
      register: () => present("register", common()),
      reenter: () => record({direction: "in", reentry: true}),
      "go-in": () => record({direction: "in"}),
      "go-out": () => record({direction: "out"}),
      fewer: () => step(() => question.fewer()),
      more: () => step(() => question.more()),
      "group-turn": () => step(() => question.turn()),
      "group-go": () => record(question.answer()),
      "group-again": () => ask(),
      "group-leave": () => ask(true),
    },
  };

  function step(change) {
    change();
    refresh({...common(), ...question.values()});
    printLeft();
  }

  function refreshHome() {
    if (["attract", "attract-access", "role"].includes(current())) refresh(waitingValues(access));
  }

  function resetLater() {
    clearTimeout(reset);
    reset = setTimeout(() => ["attract", "attract-access", "role"].includes(current()) && close(), RESET_MS);
  }
}
