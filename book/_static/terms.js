// The explanation of a term (course.css shows it over its link) closes with Escape, and opens again the next time the
// pointer or the keyboard reaches the link.
"use strict";

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const link of document.querySelectorAll("a.mq-term:hover, a.mq-term:focus-visible")) {
    link.classList.add("mq-term-closed");
    for (const name of ["pointerleave", "blur"]) {
      link.addEventListener(name, () => link.classList.remove("mq-term-closed"), { once: true });
    }
  }
});
