/**
 * The service worker: a device that starts with the server off shows the page as it last was.
 * What comes from the server is kept; what does not come in time is served from what was kept.
 */

const KEPT = "sanh-kiosk-1";
const PATIENCE_MS = 2_500;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

// What the page loaded before this worker looked after it.
self.addEventListener("message", (event) => {
  if (event.data?.type === "keep") event.waitUntil(keepAll(event.data.addresses));
});

self.addEventListener("fetch", (event) => {
  const {method, url} = event.request;
  const {origin, pathname} = new URL(url);
  const isOurs = origin === self.location.origin && (pathname === "/kiosk" || pathname.startsWith("/static/"));
  if (method === "GET" && isOurs) event.respondWith(serve(event.request));
});

async function serve(request) {
  const kept = await caches.open(KEPT);
  const name = nameOf(request.url);
  try {
    const answer = await fetch(request, {signal: AbortSignal.timeout(PATIENCE_MS)});
    // The page of a device that is not paired (any more) must not outlive its being so.
    if (answer.ok && !isUnpaired(answer)) await kept.put(name, answer.clone());
    return answer;
  } catch (error) {
    const known = await kept.match(name);
    if (known) return known;
    throw error;
  }
}

async function keepAll(addresses) {
  const kept = await caches.open(KEPT);
  await Promise.allSettled(addresses.map(async (address) => {
    const answer = await fetch(address);
    if (answer.ok && !isUnpaired(answer)) await kept.put(nameOf(address), answer);
  }));
}

function nameOf(address) {
  const {pathname} = new URL(address, self.location.origin);
  return pathname;
}

function isUnpaired(answer) {
  return answer.headers.get("X-Kiosk") === "unpaired";
}
