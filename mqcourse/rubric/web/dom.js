// Elements of the page.

export function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

export function button(text, act, css = "") {
  const made = make("button", { type: "button", class: css }, text);
  made.addEventListener("click", act);
  return made;
}

/** A box to tick with its text; `told` gets whether it is ticked. */
export function tick(content, ticked, told) {
  const box = make("input", { type: "checkbox" });
  box.checked = ticked;
  box.addEventListener("change", () => told(box.checked));
  return make("label", { class: "mq-interview-tick" }, box, content);
}

/** A file of this text, to be saved by the browser. */
export function save(name, text, type) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  make("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000); // the download has begun by then
}
