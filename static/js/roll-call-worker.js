/**
 * The roll call's service worker: a tablet whose network is unplugged shows the list as it last was.
 * The list has names. It is served until the moment that it bears, and goes when the server sends one to sign in.
 */

const KEPT = "sanh-roll-call";
const THINGS = "sanh-roll-call-things";
const PAGE = "/staff/roll-call";
const EMPTY = `${PAGE}/empty`;
const PATIENCE_MS = 2_500;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

// What the page loaded before this worker looked after it.
self.addEventListener("message", (event) => {
  if (event.data?.type === "keep") event.waitUntil(keepAll(event.data.addresses, event.source));
});

self.addEventListener("fetch", (event) => {
  const {method, url} = event.request;
  const {origin, pathname, searchParams} = new URL(url);
  if (method !== "GET" || origin !== self.location.origin || searchParams.has("format")) return;
  if (pathname === PAGE) event.respondWith(servePage(event.request));
  else if (pathname.startsWith("/static/") || pathname === EMPTY) event.respondWith(serveThing(event.request));
});

async function servePage(request) {
  const name = nameOf(request.url);
  let answer;
  try {
    answer = await fetch(request, {signal: AbortSignal.timeout(PATIENCE_MS)});
  } catch {
    return await keptPage(name);
  }
  if (answer.status >= 500) return await keptPage(name, answer);
  await keepPage(name, answer);
  return answer;
}

async function keepPage(name, answer) {
  if (answer.ok && !answer.redirected) {
    const kept = await caches.open(KEPT);
    await kept.put(name, answer.clone());
  } else {
    // To sign in, or not allowed (any more): whoever holds this device may not read names.
    await caches.delete(KEPT);
  }
}

async function keptPage(name, answer = null) {
  const kept = await caches.open(KEPT);
  const known = (await kept.match(name)) ?? (await kept.match(PAGE));
  if (known && Number(known.headers.get("X-Keep-Until")) * 1000 > Date.now()) {
    const headers = new Headers(known.headers);
    headers.set("X-Kept", "yes");
    return new Response(await known.blob(), {status: 200, headers});
  }
  await caches.delete(KEPT);
  const things = await caches.open(THINGS);
  return answer ?? (await things.match(EMPTY)) ?? Response.error();
}

async function serveThing(request) {
  const things = await caches.open(THINGS);
  const name = nameOf(request.url);
  try {
    const answer = await fetch(request, {signal: AbortSignal.timeout(PATIENCE_MS)});
    if (answer.ok) await things.put(name, answer.clone());
    return answer;
  } catch (error) {
    const known = await things.match(name);
    if (known) return known;
    throw error;
  }
}

async function keepAll(addresses, asker) {
  const things = await caches.open(THINGS);
  await Promise.allSettled(addresses.map(async (address) => {
    const answer = await fetch(address);
    const name = nameOf(address);
    if (name.split("?")[0] === PAGE) await keepPage(name, answer);
    else if (answer.ok) await things.put(name, answer);
  }));
  asker?.postMessage({type: "kept"});
}

function nameOf(address) {
  const {pathname, search} = new URL(address, self.location.origin);
  return pathname === PAGE && search.includes("by=group") ? `${PAGE}?by=group` : pathname;
}
