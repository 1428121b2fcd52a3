// What scrolls sideways (a table, an output, a line of code) fades at the edge that hides more of it (course.css). The button
// for the full screen does it.
"use strict";

const SCROLLERS = ".bd-article :is(.pst-scrollable-table-container, div.cell_output, pre, .mq-formula)";

function mark(box) {
  const hidden = box.scrollWidth - box.clientWidth;
  const scrolls = hidden > 4 && getComputedStyle(box).overflowX !== "visible";
  const left = scrolls && box.scrollLeft > 4;
  const right = scrolls && box.scrollLeft < hidden - 4;
  return () => {
    box.classList.toggle("mq-more-left", left);
    box.classList.toggle("mq-more-right", right);
  };
}

// Everything is read before anything is written, else the page is laid out again for each box.
function markAll(boxes) {
  for (const write of boxes.map(mark)) write();
}

document.addEventListener("scroll", (event) => event.target.matches?.(SCROLLERS) && mark(event.target)(), {
  capture: true,
  passive: true,
});
// Told of each box once it is laid out, and when its width changes or it is opened (a cell that was folded away).
const widths = new ResizeObserver((changes) => markAll(changes.map(({ target }) => target)));
for (const box of document.querySelectorAll(SCROLLERS)) widths.observe(box);

// toggleFullScreen is the theme's.
for (const button of document.querySelectorAll("button[data-full-screen]")) {
  button.addEventListener("click", () => globalThis.toggleFullScreen());
}
