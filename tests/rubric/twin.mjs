// Runs interviews from standard input through the page's own files: plan, comparison, report, page, answers.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [, , bundle, renderer] = process.argv;
const { scripts, interviews, codes } = JSON.parse(readFileSync(0, "utf8"));
await import(pathToFileURL(bundle));
const markdownit = createRequire(import.meta.url)(renderer);
for (const script of scripts) (0, eval)(script);
const mock = globalThis.mqMockInterview;

function played({ plan, states, begun, begunIso, kept, ticked_by }) {
  const cases = mock.casesOf(globalThis.mqBank.cards, plan);
  const answers = states.map((state, place) => {
    const { right_one: right, ...card } = globalThis.mqInterviewCards[cases[place].topic][cases[place].id];
    return mock.givenOf(card, right, { ...state, ms: state.seconds * 1000 + 999 }, state.due);
  });
  const record = { ...plan, topic: "", cases: cases.length, begun, kept, ticked_by, answers };
  return {
    mark: mock.markOf(cases),
    cases: cases.map(({ id, minutes }) => [id, minutes]),
    code: mock.code_of(plan.level, plan.minutes, plan.seed),
    compared: answers.map((given) => given.compared),
    ratings: answers.map(mock.rating),
    markdown: mock.markdown(record),
    html: mock.htmlOf(record, markdownit),
    answers: JSON.parse(mock.answersJson(record, begunIso)),
  };
}

console.log(JSON.stringify({ played: interviews.map(played), plans: codes.map(mock.planOf) }));
