// The service worker: after the first visit the page opens without a network. The build puts in the list of
// files and their version (demo/offline/plugin.mjs).
const name = `what-batch-norm-does ${VERSION}`;

addEventListener('install', (event) => {
  event.waitUntil(
    (async () => {
      const cache = await caches.open(name);
      await cache.addAll(FILES);
      await skipWaiting();
    })(),
  );
});

addEventListener('activate', (event) => {
  event.waitUntil(
    (async () => {
      const old = (await caches.keys()).filter(
        (key) => key.startsWith('what-batch-norm-does ') && key !== name,
      );
      await Promise.all(old.map((key) => caches.delete(key)));
      await clients.claim();
    })(),
  );
});

addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method !== 'GET' || new URL(request.url).origin !== location.origin) return;
  // The page itself may be newer on the server; everything else has its content in its name.
  event.respondWith(request.mode === 'navigate' ? newest(request) : kept(request));
});

/** @param {Request} request */
async function newest(request) {
  try {
    return await fetch(request);
  } catch (error) {
    const page = await caches.match('./', { ignoreSearch: true });
    if (!page) throw error;
    return page;
  }
}

/** @param {Request} request */
async function kept(request) {
  const found = await caches.match(request);
  if (found) return found;
  const response = await fetch(request);
  if (response.ok) await (await caches.open(name)).put(request, response.clone());
  return response;
}
