/** Offline: the service worker keeps the files of the page, and isolates it from other pages so that the network may use threads. */

const RELOADED = "deskull-isolated";
const WAIT_MS = 4000;

/** Starts the service worker; the page is loaded once more, through it, where that gives it threads. */
export async function goOffline(): Promise<void> {
  if (!("serviceWorker" in navigator) || !isSecureContext) return;
  try {
    await navigator.serviceWorker.register("service_worker.js");
    if (!navigator.serviceWorker.controller) await controlled();
    if (!crossOriginIsolated && navigator.serviceWorker.controller && !sessionStorage.getItem(RELOADED)) {
      sessionStorage.setItem(RELOADED, "1");
      location.reload();
      await new Promise(() => undefined); // the page goes
    }
    navigator.serviceWorker.controller?.postMessage("keep");
  } catch {
    // without a service worker the page works on one core, as long as its server does
  }
}

function controlled(): Promise<void> {
  return new Promise((resolve) => {
    navigator.serviceWorker.addEventListener("controllerchange", () => resolve(), { once: true });
    setTimeout(resolve, WAIT_MS);
  });
}
