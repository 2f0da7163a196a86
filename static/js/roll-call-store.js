/**
 * What the roll call keeps on this device: its own ticks, those of other tablets, an event that it began alone.
 * A tick is {event, key, safe, at, sent}. The page with the names lies in the cache of the service worker.
 */

const NAME = "sanh-roll-call";
const TICKS = "ticks", FACTS = "facts";

export async function openStore() {
  const database = await new Promise((resolve, reject) => {
    const opening = indexedDB.open(NAME, 1);
    opening.onupgradeneeded = () => {
      opening.result.createObjectStore(TICKS, {keyPath: ["event", "key"]});
      opening.result.createObjectStore(FACTS);
    };
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
  // Signing out in another tab deletes it.
  database.onversionchange = () => database.close();
  return {
    ticks: () => ask(database, TICKS, "readonly", (store) => store.getAll()),
    tick: (tick) => ask(database, TICKS, "readwrite", (store) => store.put(tick)),
    untick: (tick) => ask(database, TICKS, "readwrite", (store) => store.delete([tick.event, tick.key])),
    fact: (name) => ask(database, FACTS, "readonly", (store) => store.get(name)),
    note: (name, value) => ask(database, FACTS, "readwrite", (store) => store.put(value, name)),
  };
}

/** Forget the list and the ticks. Whoever opens the page again without a server is told that nothing is kept. */
export async function forgetNames() {
  if ("caches" in globalThis) await caches.delete(NAME);
  indexedDB.deleteDatabase(NAME);
}

function ask(database, name, mode, wish) {
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(name, mode, {durability: "strict"});
    const asking = wish(transaction.objectStore(name));
    transaction.oncomplete = () => resolve(asking.result);
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}
