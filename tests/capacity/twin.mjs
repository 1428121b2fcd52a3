// Plans workloads from standard input through the page's own file and prints what came of each.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

await import(pathToFileURL(process.argv[2]));
const { planned, read, SPECS } = globalThis.mqCapacity;
const byName = Object.fromEntries(SPECS.map((spec) => [spec.name, spec]));
const { plans, typed } = JSON.parse(readFileSync(0, "utf8"));
const answers = typed.map(([name, text]) => {
  try {
    return { value: read(byName[name], text) };
  } catch (error) {
    return { error: error.message };
  }
});
console.log(JSON.stringify({ plans: plans.map(planned), typed: answers }));
