// Runs scenarios from standard input through the page's own file and prints what came of each.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const { scenario, simulate } = await import(pathToFileURL(process.argv[2]));
const { valuesOfQuery } = await import(pathToFileURL(process.argv[3]));
const made = (values) => scenario(typeof values === "string" ? valuesOfQuery(values) : values); // a string: an address
const found = JSON.parse(readFileSync(0, "utf8")).map((values) => {
  try {
    const { summary, series, latency_histogram, journal } = simulate(made(values), { journal: 500 });
    return { summary, series, latency_histogram, journal };
  } catch (error) {
    return { error: error.message };
  }
});
console.log(JSON.stringify(found));
