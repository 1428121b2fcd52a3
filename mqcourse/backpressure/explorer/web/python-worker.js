// A worker that runs the course's Python in Pyodide. All it loads lies beside it: pyodide/ (with the SimPy wheel in the
// lock file there) and python.json, the course's modules by path.

let pyodide;
let simulate;

const START = `
import sys
import pyodide_js
from importlib.metadata import version

sys.path.insert(0, "/course")

def load():
    global result_of
    for name in [name for name in sys.modules if name.split(".")[0] == "mqcourse"]:
        del sys.modules[name]
    import importlib
    importlib.invalidate_caches()
    import json
    from array import array
    from mqcourse.backpressure.model.simulation import simulate
    from mqcourse.backpressure.model.scenario import Scenario
    from mqcourse.errors import CourseError

    def result_of(text):
        try:
            result = simulate(Scenario.from_json(text), engine="simpy")
        except CourseError as error:
            return json.dumps({"error": str(error)}), None
        numbers = array("d")  # a tenth of the time that text would take
        for values in result.series.values():
            numbers.extend(values)
        return json.dumps({
            "summary": result.summary,
            "latency_histogram": result.latency_histogram,
            "scenario": result.scenario.as_dict(),
            "names": list(result.series),
        }), numbers

load()
`;

const beside = (name) => new URL(name, import.meta.url).href;

async function boot() {
  const { loadPyodide } = await import(beside("pyodide/pyodide.mjs"));
  const [started, sources] = await Promise.all([
    loadPyodide({ indexURL: beside("pyodide/"), packages: ["simpy"] }),
    fetch(beside("python.json")).then((answer) => {
      if (!answer.ok) throw new Error(`python.json: ${answer.status}`);
      return answer.json();
    }),
  ]);
  pyodide = started;
  for (const [path, source] of Object.entries(sources)) write(path, source);
  pyodide.runPython(START);
  simulate = pyodide.globals.get("result_of");
  const versions = {
    python: pyodide.runPython("sys.version.split()[0]"),
    simpy: pyodide.runPython("version('simpy')"),
  };
  return { versions, sources };
}

function write(path, source) {
  const file = `/course/${path}`;
  pyodide.FS.mkdirTree(file.slice(0, file.lastIndexOf("/")));
  pyodide.FS.writeFile(file, source);
}

function change(path, source) {
  const before = pyodide.FS.readFile(`/course/${path}`, { encoding: "utf8" });
  write(path, source);
  try {
    pyodide.runPython("load()");
  } catch (error) {
    write(path, before);
    pyodide.runPython("load()");
    throw error;
  } finally {
    simulate = pyodide.globals.get("result_of");
  }
  return {};
}

function run(values) {
  const pair = simulate(JSON.stringify(values));
  const [text, numbers] = pair;
  pair.destroy();
  const { error, names, ...result } = JSON.parse(text);
  if (error) throw new Error(error);
  const view = numbers.getBuffer("f64");
  const points = view.data.length / names.length;
  result.series = Object.fromEntries(
    names.map((name, place) => [name, Array.from(view.data.subarray(place * points, (place + 1) * points))]),
  );
  view.release();
  numbers.destroy();
  return { result };
}

/** The last line of a traceback says what is wrong. */
const why = (error) => String(error.message ?? error).trim().split("\n").at(-1);

onmessage = async ({ data: { id, boot: wanted, values, path, source } }) => {
  try {
    postMessage({ id, ...(wanted ? await boot() : path ? change(path, source) : run(values)) });
  } catch (error) {
    postMessage({ id, error: why(error) });
  }
};
