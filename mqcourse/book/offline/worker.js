// Answers from the network while there is one, so that no page is ever older than the site. Without a network it answers with
// the files of the last build that was kept whole.
//
// SITE is written above by `mq book publish`: the digest of each file that is kept at once, and of those that are kept when they
// are first used. A file is kept under its digest, so a new build fetches only what changed, and two builds never mix.
"use strict";

const TOP = new URL("./", self.location).href;
const STORE = `mq-book ${new URL(TOP).pathname}`; // other sites of the same host have other paths
const AT_A_TIME = 6;

const digestOf = (path) => SITE.files[path] ?? SITE.whenUsed[path];
const keyOf = (path) => `${TOP}${path}?digest=${digestOf(path)}`;

/** The path of an address in the site; null for one of another site or of no file of this build. */
function pathOf(address) {
  const { origin, pathname } = new URL(address);
  const whole = origin + pathname;
  if (!whole.startsWith(TOP)) return null;
  const path = decodeURI(whole.slice(TOP.length));
  const file = path === "" || path.endsWith("/") ? `${path}index.html` : path;
  return digestOf(file) ? file : null;
}

/** Keep an answer, if it is the file of this build: a host may be in the middle of an update, or its copies be older. */
async function keep(path, answer) {
  const content = await answer.clone().arrayBuffer();
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
  const digest = [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  if (!answer.ok || digest.slice(0, SITE.digits) !== digestOf(path)) throw new Error(`${path} is of another build`);
  await (await caches.open(STORE)).put(keyOf(path), answer);
}

async function keepAll() {
  const store = await caches.open(STORE);
  const there = new Set((await store.keys()).map((request) => request.url));
  const missing = Object.keys(SITE.files).filter((path) => !there.has(new URL(keyOf(path)).href));
  const next = async () => {
    for (let path = missing.pop(); path !== undefined; path = missing.pop()) {
      await keep(path, await fetch(TOP + path, { cache: "no-cache" }));
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, next));
}

async function dropOlder() {
  const wanted = new Set([...Object.keys(SITE.files), ...Object.keys(SITE.whenUsed)].map((path) => new URL(keyOf(path)).href));
  const store = await caches.open(STORE);
  for (const request of await store.keys()) {
    if (!wanted.has(request.url)) await store.delete(request);
  }
}

async function answer(request, event) {
  const path = pathOf(request.url);
  // a file with a version in its address never changes; the browser's own copy of any other may be of an older build
  const versioned = request.mode !== "navigate" && new URL(request.url).search !== "";
  try {
    const fresh = await fetch(request, versioned ? {} : { cache: "no-cache" });
    if (path && path in SITE.whenUsed && fresh.ok) event.waitUntil(keep(path, fresh.clone()).catch(() => {}));
    return fresh;
  } catch (error) {
    const kept = path && (await (await caches.open(STORE)).match(keyOf(path)));
    if (kept) return kept;
    throw error;
  }
}

self.addEventListener("install", (event) => event.waitUntil(keepAll().then(() => self.skipWaiting())));
self.addEventListener("activate", (event) => event.waitUntil(dropOlder().then(() => self.clients.claim())));
self.addEventListener("fetch", (event) => {
  if (event.request.method === "GET" && event.request.url.startsWith(TOP)) event.respondWith(answer(event.request, event));
});
