// What the page's search gives for an index and queries: read, rank and excerpts. Standard input and output are JSON.
"use strict";
const { readFileSync } = require("node:fs");
const vm = require("node:vm");

const [script, indexScript] = process.argv.slice(2);
vm.runInThisContext(readFileSync(indexScript, "utf-8"));
vm.runInThisContext(readFileSync(script, "utf-8"));
const { unpacked, read, rank, heading, excerpt } = globalThis.mqSearch;
const index = unpacked(globalThis.mqSearchIndex);
const answers = JSON.parse(readFileSync(0, "utf-8")).map((text) => {
  const query = read(index, text);
  const found = rank(index, query, 5);
  return {
    ...query,
    found,
    headings: found.map((number) => heading(index.passages[number])),
    excerpts: found.map((number) => excerpt(index, query, index.passages[number])),
  };
});
process.stdout.write(JSON.stringify(answers));
