// What a case shows: the card as its topic's page has it, its texts for the report, and Markdown as HTML. Each is a
// script that is loaded when an interview comes to it, because a page that was opened from a folder may load nothing else.

import { make } from "./dom.js";

const HERE = typeof document === "undefined" ? "" : document.currentScript.src;

function script(path, found) {
  if (found()) return Promise.resolve(found());
  return new Promise((done, fail) => {
    const made = make("script", { src: new URL(path, HERE).href });
    made.addEventListener("load", () => done(found()));
    made.addEventListener("error", () => {
      made.remove();
      fail(new Error(path));
    });
    document.head.append(made);
  });
}

/** Markdown-it as the report needs it: HTML that somebody typed stays text. */
export const renderer = (markdownit) => markdownit("commonmark", { html: false }).enable("table");

/** The card of an entry: {html, card, right, inline}. Raises an error when it cannot be loaded. */
export const load = async ({ id, topic }, version) => {
  const [pages, texts, markdownit] = await Promise.all([
    script(`../review/${topic}.js?v=${version}`, () => globalThis.mqTopics?.[topic]),
    script(`${topic}.js?v=${version}`, () => globalThis.mqInterviewCards?.[topic]),
    script("markdown-it.min.js", () => globalThis.markdownit),
  ]);
  const { right_one: right, ...card } = texts[id];
  const markdown = renderer(markdownit);
  return { html: pages[id], card, right, inline: (text) => markdown.renderInline(text) };
};
