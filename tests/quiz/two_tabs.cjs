// Two tabs with one storage, run by Node. A tab sees what the other stored only when it is told; prints both journals
// after each case: they rate in the same moment; then one takes its rating back; then one forgets everything.
const { readFileSync } = require("fs");
const vm = require("vm");
const source = readFileSync(process.argv[2], "utf8");
let stored = null;
const tabs = [];
const news = []; // what tabs have not been told yet

function open() {
  const tab = { seen: stored, listeners: [] };
  const localStorage = {
    getItem: () => tab.seen,
    setItem(key, value) {
      news.push({ from: tab, key, oldValue: tab.seen, newValue: value });
      tab.seen = stored = value;
    },
    removeItem() {},
  };
  const context = vm.createContext({ localStorage, addEventListener: (_, listener) => tab.listeners.push(listener) });
  vm.runInContext(source, context);
  tab.journal = context.mqJournal;
  tabs.push(tab);
  return tab;
}

function tell() {
  while (news.length > 0) {
    const event = news.shift();
    for (const tab of tabs.filter((one) => one !== event.from)) {
      tab.seen = stored;
      for (const listener of tab.listeners) listener(event);
    }
  }
}

const found = [];
const note = () => {
  tell();
  found.push(tabs.map((tab) => tab.journal.lines().map(({ card }) => card).sort()));
};
const [one, other] = [open(), open()];
one.journal.keep("first", "good");
const second = other.journal.keep("second", "hard"); // has not seen the first
note();
other.journal.remove([second]);
note();
other.journal.remove(other.journal.lines());
note();
console.log(JSON.stringify(found));
