// Loaded before anything is drawn: the reader's mode, and what the theme's scripts expect to be written into a page.
"use strict";

var togglebuttonSelector = ".toggle, .admonition.dropdown";
let toggleHintShow = "Click to show";
let toggleHintHide = "Click to hide";
let toggleOpenOnPrint = "true";

{
  const kept = (name) => {
    try {
      return localStorage.getItem(name) || "auto";
    } catch {
      return "auto"; // a browser that stores nothing
    }
  };
  const root = document.documentElement;
  const theme = kept("theme");
  const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  root.dataset.mode = kept("mode");
  root.dataset.theme = theme === "auto" ? system : theme;
}
