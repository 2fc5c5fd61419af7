// Telpunt's snippet (first version: page views). Keeps nothing in the browser.
(() => {
  try {
    const script = document.currentScript;
    const site = script.dataset.site;
    const api = script.dataset.api || new URL("/api/event", script.src).href;
    navigator.sendBeacon(api, JSON.stringify({ site, kind: "page_view", url: location.href, referrer: document.referrer }));
  } catch {
    // Counting may fail; the page may not.
  }
})();
