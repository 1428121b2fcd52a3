// Loads the explorer, on the pages that have one: a module, or the same as a script where the page was opened from a folder,
// since a browser loads no module there.
"use strict";

{
  const { src, dataset } = document.currentScript;
  if (location.protocol === "file:") {
    document.head.append(Object.assign(document.createElement("script"), { src: new URL(dataset.script, src) }));
  } else {
    import(new URL(dataset.module, src));
  }
}
