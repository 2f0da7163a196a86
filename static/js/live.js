/**
 * The one socket of a page: watches topics, comes back by itself, says when it is quiet.
 *
 *   const live = openLive({topics: ["occupancy"], onState, onStatus})
 *   onState(topic, state, seq)   the latest state of a topic; an older sequence number is dropped
 *   onMessage(message)           every other message (answers, command, problem)
 *   onStatus(isAlive)            true while the server is heard, false after 5 s of silence or a closed socket
 *   live.send(message)           true when it went out on an open socket; keep what must not be lost in an outbox
 *   live.giveUp()           the caller waited in vain: call the connection dead and start a new one
 *   live.isAlive()  live.close()
 *
 * `navigator.onLine` lies, so life is what was heard: any frame counts. While nothing else is heard a ping asks for one.
 */

const PING_EVERY_MS = 2_000;
const SILENCE_MS = 5_000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;

export function openLive({topics = [], onState = () => {}, onMessage = () => {}, onStatus = () => {}, path = "/live"}) {
  const address = new URL(path, location.href);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  const sequences = new Map();
  let socket = null;
  let heardAt = 0;
  let begunAt = 0;
  let tries = 0;
  let isAlive = null;
  let isClosed = false;
  let retry = 0;

  function tell(alive) {
    if (alive === isAlive) return;
    isAlive = alive;
    onStatus(alive);
  }

  function connect() {
    const opening = new WebSocket(address);
    socket = opening;
    begunAt = performance.now();
    opening.onopen = () => {
      tries = 0;
      begunAt = performance.now();
      sequences.clear(); // A restarted server may count from its beginning.
      if (topics.length) send({type: "watch", topics});
      ping(); // Its pong tells the server's time: a state may be as old as the last change.
    };
    opening.onmessage = (event) => {
      if (socket !== opening) return; // Given up: what it still says comes again on the next one.
      heardAt = performance.now();
      tell(true);
      take(JSON.parse(event.data));
    };
    opening.onclose = () => {
      if (socket !== opening) return;
      socket = null;
      tell(false);
      if (!isClosed) retry = setTimeout(connect, waitBeforeTry(tries++));
    };
  }

  function take(message) {
    if (message.type !== "state") return onMessage(message);
    if (message.seq < (sequences.get(message.topic) ?? -Infinity)) return;
    sequences.set(message.topic, message.seq);
    onState(message.topic, message.state, message.seq);
  }

  function send(message) {
    if (socket?.readyState !== WebSocket.OPEN) return false;
    socket.send(JSON.stringify(message));
    return true;
  }

  function ping() {
    send({type: "ping"});
  }

  function listen() {
    const silence = performance.now() - heardAt;
    if (silence > SILENCE_MS) tell(false);
    if (silence > PING_EVERY_MS) ping();
    // A half-open socket never closes by itself, and one may hang while it opens: give it up and start again.
    if (socket && performance.now() - Math.max(heardAt, begunAt) > 3 * SILENCE_MS) giveUp();
  }

  function giveUp() {
    const dead = socket;
    socket = null;
    dead?.close();
    tell(false);
    clearTimeout(retry);
    if (!isClosed) retry = setTimeout(connect, waitBeforeTry(tries++));
  }

  connect();
  const beat = setInterval(listen, 1_000);
  return {
    send,
    giveUp,
    isAlive: () => isAlive === true,
    close() {
      isClosed = true;
      clearInterval(beat);
      clearTimeout(retry);
      socket?.close();
    },
  };
}

/** Half of a doubling wait is chance, so that a hundred screens do not come back in one moment. */
export function waitBeforeTry(tries) {
  const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** tries);
  return wait / 2 + Math.random() * (wait / 2);
}
