// The emulator's page: what the broker holds, and a few things a person wants to do with it.
// Everything is asked of the JSON API beneath (/api/…); no other host is ever asked.

const PAGE = 50;
const $ = (id) => document.getElementById(id);
const chosen = { namespace: "", entity: "", from: 1 };
let state = null;
let shownState = "";
let shownMessages = "";
let messagesAsked = 0;

// Where keys are configured, the printed address ends in a token. It leaves the address bar and the history at once.
const KEPT = "servicebus-emulator-page-token";
if (location.hash.startsWith("#token=")) {
  sessionStorage.setItem(KEPT, location.hash.slice("#token=".length));
  history.replaceState(null, "", location.pathname + location.search);
}

async function ask(path, body) {
  const token = sessionStorage.getItem(KEPT);
  const headers = token === null ? {} : { "x-page-token": token };
  const options = body === undefined ? { headers } : {
    method: "POST", headers: { ...headers, "content-type": "application/json" }, body: JSON.stringify(body),
  };
  let answer;
  try {
    answer = await fetch(`/api/${path}`, options);
  } catch {
    throw new Error("The emulator does not answer. Is it still running?");
  }
  const value = await answer.json();
  if (!answer.ok) throw new Error(value.error);
  return value;
}

function tell(text, isProblem = false) {
  $("notice").textContent = text;
  $("notice").classList.toggle("problem", isProblem);
}

// Runs what a person asked for: tells the outcome, shows the new state at once.
async function act(work, done) {
  try {
    const value = await work();
    tell(typeof done === "function" ? done(value) : done);
  } catch (error) {
    tell(error.message, true);
  }
  await refresh();
}

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

// -- entities

function currentNamespace() {
  return state.namespaces.find((space) => space.name === chosen.namespace) ?? state.namespaces[0];
}

function showState() {
  const space = currentNamespace();
  chosen.namespace = space.name;
  $("now").textContent = state.now.replace("T", " ").replace("+00:00", " UTC");
  $("offset").textContent = state.clockOffsetSeconds
    ? `(${state.clockOffsetSeconds.toLocaleString("en")} s ahead of this machine)` : "";
  const bare = JSON.stringify([state.namespaces, chosen.namespace, chosen.entity]);
  if (bare === shownState) return;
  shownState = bare;
  const focused = document.activeElement?.dataset?.path;
  $("namespace").replaceChildren(...state.namespaces.map((one) =>
    element("option", { value: one.name, selected: one.name === chosen.namespace }, one.name)));
  const rows = [];
  for (const queue of space.queues) rows.push(row(queue, "queue"));
  for (const topic of space.topics) {
    rows.push(row(topic, "topic"));
    for (const subscription of topic.subscriptions) rows.push(row(subscription, "subscription"));
  }
  $("entities").replaceChildren(...rows);
  $("no-entities").hidden = rows.length > 0;
  if (focused) {
    document.querySelector(`button[data-path="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  }
  const known = rows.some((one) => one.dataset.path === chosen.entity);
  if (chosen.entity && !known) choose("");
}

function row(entity, kind) {
  const isTopic = kind === "topic";
  const count = (value) => element("td", { class: "number" }, value === undefined ? "–" : String(value));
  const dead = isTopic ? undefined : entity.deadLetter + entity.transferDeadLetter;
  const notes = [
    kind,
    entity.requiresSession ? "sessions" : "",
    entity.forwardTo ? `forwards to ${entity.forwardTo}` : "",
    entity.rules ? `rules: ${entity.rules.join(", ") || "none, takes nothing"}` : "",
  ].filter(Boolean).join(", ");
  const name = element("button", {
    type: "button", class: "entity", "data-path": entity.path, onclick: () => choose(entity.path, true),
    "aria-pressed": String(entity.path === chosen.entity),
  }, entity.name);
  const made = element("tr", { class: entity.path === chosen.entity ? "chosen" : "" },
    element("td", { class: kind === "subscription" ? "below" : "" }, name, " ",
      element("span", { class: "hint" }, `(${notes})`)),
    element("td", {}, entity.status),
    count(entity.active), count(entity.scheduled), count(entity.deferred), count(dead), count(entity.receivers));
  made.dataset.path = entity.path;
  return made;
}

function choose(path, byHand = false) {
  chosen.entity = path;
  chosen.from = 1;
  shownMessages = "";
  $("choose").hidden = Boolean(path);
  $("looking").hidden = !path;
  $("messages-title").textContent = path ? `Messages of ${path}` : "Messages";
  if (byHand) {
    $("messages").focus({ preventScroll: true });
    $("messages").scrollIntoView({ block: "nearest" });
  }
  if (state) showState();
  showMessages();
}

// -- messages

const view = () => document.querySelector("input[name=view]:checked").value;

function viewedPath() {
  const ending = { dead: "/$DeadLetterQueue", transfer: "/$Transfer/$DeadLetterQueue" }[view()] ?? "";
  return chosen.entity + ending;
}

async function showMessages() {
  if (!chosen.entity) return;
  const turn = ++messagesAsked;
  const query = new URLSearchParams({
    namespace: chosen.namespace, entity: viewedPath(), from: chosen.from, top: PAGE,
  });
  let found;
  try {
    found = await ask(`messages?${query}`);
  } catch (error) {
    if (turn === messagesAsked) {
      $("list").replaceChildren();
      $("none").hidden = false;
      $("none").textContent = error.message;
      shownMessages = "";
    }
    return;
  }
  if (turn !== messagesAsked) return;  // a newer question was asked meanwhile
  const all = found.messages;
  const inSubQueue = ["dead", "transfer"].includes(view());
  const messages = inSubQueue ? all : all.filter((message) => message.state === view());
  const bare = JSON.stringify([found.entity, view(), chosen.from, messages]);
  if (bare === shownMessages) return;
  shownMessages = bare;
  const open = new Set([...$("list").querySelectorAll("details[open]")].map((one) => one.dataset.number));
  const focused = document.activeElement?.closest?.("#list [data-number]")?.dataset.number;
  $("list").replaceChildren(...messages.map((message) => item(message, found.entity, open)));
  if (focused) $("list").querySelector(`details[data-number="${focused}"] summary`)?.focus({ preventScroll: true });
  $("none").hidden = messages.length > 0;
  $("none").textContent = "No message here.";
  $("more").hidden = all.length < PAGE;
  $("more").dataset.from = all.length ? all[all.length - 1].sequenceNumber + 1 : 1;
  $("first").hidden = chosen.from === 1;
}

function item(message, entity, open) {
  const own = message.properties;
  const tags = [
    own.message_id !== undefined ? `ID ${own.message_id}` : "",
    own.session_id !== undefined ? `session ${own.session_id}` : "",
    own.subject !== undefined ? `“${own.subject}”` : "",
    message.lockedUntil ? `locked until ${time(message.lockedUntil)}` : "",
    message.scheduled ? `due ${time(message.scheduled)}` : "",
    message.deliveryCount ? `delivery count ${message.deliveryCount}` : "",
    message.applicationProperties.DeadLetterReason ?? "",
  ].filter(Boolean);
  const facts = {
    "Sequence number": message.sequenceNumber, State: message.state, Enqueued: message.enqueued,
    "Scheduled for": message.scheduled, Expires: message.expires, "Locked until": message.lockedUntil,
    "Delivery count": message.deliveryCount, "Dead letter source": message.deadLetterSource,
    "Size in bytes": message.sizeBytes,
  };
  const isDead = entity.endsWith("DeadLetterQueue");
  return element("li", {},
    element("details", { "data-number": message.sequenceNumber, open: open.has(String(message.sequenceNumber)) },
      element("summary", {}, `#${message.sequenceNumber}`,
        ...tags.map((tag) => element("span", { class: "tag" }, tag))),
      element("h3", {}, "Body", message.bodyKind === "hex" ? " (bytes, hexadecimal)" : ""),
      element("pre", { tabindex: "0" }, message.body),
      element("h3", {}, "Properties"), list({ ...facts, ...own }),
      Object.keys(message.applicationProperties).length ? element("h3", {}, "Application properties") : null,
      Object.keys(message.applicationProperties).length ? list(message.applicationProperties) : null,
      isDead ? element("button", { type: "button", onclick: () => resubmit(entity, message.sequenceNumber) },
        `Resubmit #${message.sequenceNumber}`) : null));
}

const time = (text) => text.slice(11, 19) + " UTC";

function list(values) {
  const parts = [];
  for (const [name, value] of Object.entries(values)) {
    if (value === null || value === undefined) continue;
    const text = typeof value === "object" ? JSON.stringify(value) : String(value);
    parts.push(element("dt", {}, name), element("dd", {}, text));
  }
  return element("dl", {}, ...parts);
}

// -- what a person does

const resubmit = (entity, sequenceNumber) => act(
  () => ask("resubmit", { namespace: chosen.namespace, entity, sequenceNumber }),
  (value) => `Message #${sequenceNumber} was sent again as #${value.sequenceNumber}.`);

const forward = (forwardSeconds) => act(
  () => ask("clock", { forwardSeconds }),
  () => `The clock moved ${forwardSeconds.toLocaleString("en")} seconds forward.`);

async function confirmed(title, text, yes) {
  const dialog = $("confirm");
  $("confirm-title").textContent = title;
  $("confirm-text").textContent = text;
  $("confirm-yes").textContent = yes;
  dialog.returnValue = "cancel";
  dialog.showModal();
  await new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true }));
  return dialog.returnValue === "yes";
}

// name=value lines; a number, true or false is sent as such, anything in quotation marks as text
function ownProperties(text) {
  const found = {};
  for (const line of text.split("\n").map((one) => one.trim()).filter(Boolean)) {
    const at = line.indexOf("=");
    if (at < 1) throw new Error(`“${line}” is no name=value.`);
    const name = line.slice(0, at).trim();
    const raw = line.slice(at + 1).trim();
    if (/^".*"$/s.test(raw)) found[name] = raw.slice(1, -1);
    else if (raw === "true" || raw === "false") found[name] = raw === "true";
    else found[name] = raw !== "" && Number.isFinite(Number(raw)) ? Number(raw) : raw;
  }
  return found;
}

$("namespace").addEventListener("change", () => {
  chosen.namespace = $("namespace").value;
  choose("");
  showState();
});
$("views").addEventListener("change", () => { chosen.from = 1; shownMessages = ""; showMessages(); });
$("more").addEventListener("click", () => { chosen.from = Number($("more").dataset.from); showMessages(); });
$("first").addEventListener("click", () => { chosen.from = 1; showMessages(); });
$("jumps").addEventListener("click", (event) => {
  const seconds = Number(event.target.dataset.seconds);
  if (seconds) forward(seconds);
});
$("jump").addEventListener("submit", (event) => {
  event.preventDefault();
  forward(Number(new FormData(event.target).get("seconds")));
});
$("send").addEventListener("submit", (event) => {
  event.preventDefault();
  act(async () => {
    const fields = Object.fromEntries(new FormData(event.target));
    const applicationProperties = ownProperties(fields.applicationProperties);
    return ask("send", { ...fields, applicationProperties, namespace: chosen.namespace, entity: chosen.entity });
  }, (value) => value.sequenceNumbers.length ? `Sent as #${value.sequenceNumbers.join(", #")}.` : "Sent.");
});
$("open-purge").addEventListener("click", async () => {
  const path = viewedPath();
  if (await confirmed("Empty this queue?", `Every message of ${path} goes, in every state.`, "Empty it")) {
    await act(() => ask("purge", { namespace: chosen.namespace, entity: path }),
      (value) => `${value.removed} messages removed from ${path}.`);
  }
});
$("open-reset").addEventListener("click", async () => {
  const text = `The namespace ${chosen.namespace} goes back to its start: the configured entities, no messages. `
    + "Entities made since are gone.";
  if (await confirmed("Reset the namespace?", text, "Reset")) {
    await act(() => ask("reset", { namespace: chosen.namespace }), `The namespace ${chosen.namespace} was reset.`);
  }
});

async function refresh() {
  try {
    state = await ask("state");
    showState();
  } catch (error) {
    tell(error.message, true);
    return;
  }
  await showMessages();
}

async function keepFresh() {
  if ($("live").checked && !document.hidden) await refresh();
  setTimeout(keepFresh, 2000);
}

refresh();
setTimeout(keepFresh, 2000);
