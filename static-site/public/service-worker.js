/**
 * Shows a page of its own when the site cannot be reached, and does nothing else:
 * the site, its configuration and its API are never kept, so nothing is ever stale.
 */

const page = "offline.html";
const files = [page, "offline.css", "icon.svg"];
/** Of these very files: a browser fetches them anew when this one has changed. */
const cacheName = "offline-7f68ba35";

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(cacheName)
      .then((cache) => cache.addAll(files.map((file) => new Request(file, { cache: "reload" }))))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) =>
        Promise.all(names.filter((name) => name !== cacheName).map((name) => caches.delete(name))),
      ),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.mode === "navigate") {
    event.respondWith(fetch(request).catch(() => caches.match(page)));
    return;
  }
  // What the page above asks for, when nothing else can be had.
  const name = new URL(request.url).pathname.split("/").pop();
  if (files.includes(name)) {
    event.respondWith(fetch(request).catch(() => caches.match(request.url)));
  }
});
