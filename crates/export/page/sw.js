// Keeps the page, so that it opens without a network after the first visit. A new export has another digest, and replaces it.
const PREFIX = `foliar ${self.registration.scope} `;
const NAME = `${PREFIX}{digest}`;
/** SHA-256 of the page. While the files of a new export arrive, a server may answer with the page of the one before. */
const PAGE = "{page}";
const FILES = ["manifest.webmanifest", "icon-192.png", "icon-512.png"];

const fresh = (file) => new Request(file, { cache: "reload" });

/** Keeps the page if it is the one that belongs to this worker; if it is not, the browser tries again at the next visit. */
async function keepPage(cache) {
  const response = await fetch(fresh("./"));
  const body = await response.arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", body));
  if ([...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("") !== PAGE) throw new Error("this is another page");
  await cache.put("./", new Response(body, { headers: response.headers }));
}

self.addEventListener("install", (event) => {
  const fill = (cache) => Promise.all([keepPage(cache), cache.addAll(FILES.map(fresh))]);
  event.waitUntil(caches.open(NAME).then(fill).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const drop = (names) => Promise.all(names.filter((name) => name.startsWith(PREFIX) && name !== NAME).map((name) => caches.delete(name)));
  event.waitUntil(caches.keys().then(drop).then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  const { pathname } = new URL(request.url);
  const root = new URL(self.registration.scope).pathname;
  const wanted = pathname === root || pathname === `${root}index.html` ? "./" : request;
  event.respondWith(caches.open(NAME).then((cache) => cache.match(wanted, { ignoreSearch: true })).then((found) => found ?? fetch(request)));
});
