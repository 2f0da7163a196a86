/**
 * The outbox: every scan is on disk here before it is sent, and stays until the server has answered it.
 *
 *   const outbox = await openOutbox()
 *   await outbox.store(scan)            resolves when the scan is on disk
 *   await outbox.change(ids, {offline}) the same, for what became true later
 *   await outbox.remove(ids)
 *   await outbox.setAside(ids)          out of the way, kept for a person to look at
 *   await outbox.after(number, count)   the next waiting scans in order: [{number, scan, storedAt}]
 *   await outbox.count()
 */

const STORE = "scans";
const ASIDE = "aside";

export async function openOutbox(name = "sanh-kiosk") {
  const database = await open(name);
  navigator.storage?.persist?.();
  // Where each waiting scan lies; rebuilt from disk, so that a reload knows what the page before it stored.
  const places = new Map();
  for (const {number, scan} of await all(database)) places.set(scan.id, number);

  function write(act) {
    return new Promise((resolve, reject) => {
      const transaction = database.transaction([STORE, ASIDE], "readwrite", {durability: "strict"});
      transaction.oncomplete = () => resolve();
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
      act(transaction.objectStore(STORE), transaction.objectStore(ASIDE));
    });
  }

  /** Do something with each known entry in one transaction. */
  async function withEntries(ids, act) {
    const numbers = ids.map((id) => places.get(id)).filter((number) => number !== undefined);
    if (!numbers.length) return;
    await write((scans, aside) => {
      for (const number of numbers) {
        scans.get(number).onsuccess = ({target}) => target.result && act(target.result, scans, aside);
      }
    });
  }

  return {
    async store(scan) {
      await write((scans) => {
        scans.add({scan, storedAt: Date.now()}).onsuccess = ({target}) => places.set(scan.id, target.result);
      });
    },
    change: (ids, changes) => withEntries(ids, (entry, scans) => scans.put({...entry, scan: {...entry.scan, ...changes}})),
    async setAside(ids) {
      await withEntries(ids, (entry, scans, aside) => {
        aside.add({scan: entry.scan, storedAt: entry.storedAt});
        scans.delete(entry.number);
      });
      ids.forEach((id) => places.delete(id));
    },
    async remove(ids) {
      const known = ids.filter((id) => places.has(id));
      if (!known.length) return;
      await write((scans) => known.forEach((id) => scans.delete(places.get(id))));
      known.forEach((id) => places.delete(id));
    },
    after: (number, count) => read(database, IDBKeyRange.lowerBound(number, true), count),
    count: async () => places.size,
  };
}

function open(name) {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => {
      for (const store of [STORE, ASIDE]) request.result.createObjectStore(store, {keyPath: "number", autoIncrement: true});
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function read(database, range, count) {
  return new Promise((resolve, reject) => {
    const request = database.transaction(STORE).objectStore(STORE).getAll(range, count);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function all(database) {
  const found = [];
  for (let last = 0; ; ) {
    const some = await read(database, IDBKeyRange.lowerBound(last, true), 500);
    if (!some.length) return found;
    found.push(...some);
    last = some.at(-1).number;
  }
}
