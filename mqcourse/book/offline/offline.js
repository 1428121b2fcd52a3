// Has the browser keep the whole book, once the page has loaded, so that it can be read without a network. Only a published
// site has this script and the worker, not the book of `mq start` and not a folder that was opened as it is.
"use strict";

{
  const worker = new URL("../offline-worker.js", document.currentScript.src);
  const sparing = navigator.connection?.saveData; // a reader who pays for each megabyte
  if ("serviceWorker" in navigator && location.protocol.startsWith("http") && !sparing) {
    addEventListener("load", () => navigator.serviceWorker.register(worker));
  }
}
