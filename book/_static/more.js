// What scrolls sideways (a table, an output, a line of code) fades at the edge that hides more of it (course.css). The button
// for the full screen does it.
"use strict";

const SCROLLERS = ".bd-article :is(.pst-scrollable-table-container, div.cell_output, pre, .mq-formula)";

function mark(box) {
  const hidden = box.scrollWidth - box.clientWidth;
  const scrolls = hidden > 4 && getComputedStyle(box).overflowX !== "visible";
  box.classList.toggle("mq-more-left", scrolls && box.scrollLeft > 4);
  box.classList.toggle("mq-more-right", scrolls && box.scrollLeft < hidden - 4);
}

function markAll() {
  document.querySelectorAll(SCROLLERS).forEach(mark);
}

document.addEventListener("scroll", (event) => event.target.matches?.(SCROLLERS) && mark(event.target), {
  capture: true,
  passive: true,
});
window.addEventListener("resize", markAll);
// a cell that was folded away has a width only when it is opened
document.addEventListener("toggle", (event) => event.target.querySelectorAll?.("pre").forEach(mark), { capture: true });
markAll();
window.addEventListener("load", markAll);

// toggleFullScreen is the theme's.
for (const button of document.querySelectorAll("button[data-full-screen]")) {
  button.addEventListener("click", () => globalThis.toggleFullScreen());
}
