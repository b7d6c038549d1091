// Keeps the page, so that it opens without a network after the first visit. A new export has another digest, and replaces it.
const PREFIX = `foliar ${self.registration.scope} `;
const NAME = `${PREFIX}{digest}`;
const FILES = ["./", "manifest.webmanifest", "icon-192.png", "icon-512.png"];

self.addEventListener("install", (event) => {
  const fill = (cache) => cache.addAll(FILES.map((file) => new Request(file, { cache: "reload" })));
  event.waitUntil(caches.open(NAME).then(fill).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const drop = (names) => Promise.all(names.filter((name) => name.startsWith(PREFIX) && name !== NAME).map((name) => caches.delete(name)));
  event.waitUntil(caches.keys().then(drop).then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  const wanted = request.mode === "navigate" ? "./" : request;
  event.respondWith(caches.open(NAME).then((cache) => cache.match(wanted, { ignoreSearch: true })).then((found) => found ?? fetch(request)));
});
