// Plays lists of events from standard input through the page's own file and prints every row.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

await import(pathToFileURL(process.argv[2]));
const { played, encoded, decoded, surprise } = globalThis.mqWhatIf;
const { lists, seeds } = JSON.parse(readFileSync(0, "utf8"));
console.log(
  JSON.stringify({
    rows: lists.map(played),
    links: lists.map((events) => [encoded(events), decoded([...encoded(events)])]),
    surprises: seeds.map(surprise),
  }),
);
