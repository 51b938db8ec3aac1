/** Has the browser keep the application. Where it lends no storage, or the page is not served securely, the network stays needed. */
export function keepForOffline(): void {
  if (!('serviceWorker' in navigator)) return;
  const { serviceWorker } = navigator;
  void serviceWorker.register('service-worker.js').catch(() => {});
  void serviceWorker.ready.then(() => {
    document.querySelector('[data-offline]')?.removeAttribute('hidden');
  });
}
