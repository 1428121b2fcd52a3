// rhea as a plain AMQP 1.0 client: SASL PLAIN with a rule's name and key, and the protocol's own words.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { connection, runAll, scenario } from "./runner.mjs";

const require = createRequire(`${process.env.NODE_MODULES}/`);
const rhea = require("rhea");
const fields = Object.fromEntries(connection.split(";").filter(Boolean).map((part) => {
  const at = part.indexOf("=");
  return [part.slice(0, at), part.slice(at + 1)];
}));
const { hostname, port } = new URL(fields.Endpoint.replace("sb:", "http:"));
const queue = process.env.QUEUE;
const types = rhea.types;

// How TRANSPORT reaches the service: what a connection's options get.
const transports = {
  plain: () => ({}),
  tls: () => ({ transport: "tls" }),
  websocket: (container) => overWebSocket(container, "ws"),
  "websocket-tls": (container) => overWebSocket(container, "wss"),
};

function overWebSocket(container, scheme) {
  // snippet: websocket
  const open = container.websocket_connect(WebSocket);
  return { connection_details: open(`${scheme}://${hostname}:${port}/$servicebus/websocket`, ["amqp"]) };
  // end of snippet
}

// One connection of its own for each scenario; `run` gets a way to wait for an event with a time limit.
async function connected(run, given = {}) {
  const container = rhea.create_container();
  const options = { ...transports[process.env.TRANSPORT ?? "plain"](container), ...given };
  container.on("error", () => {});  // told below by its own event
  const { SharedAccessKeyName: username, SharedAccessKey: password } = fields;
  // snippet: rhea
  const opened = container.connect({ host: hostname, port, username, password, reconnect: false, ...options });
  // end of snippet
  const wait = (source, name, limit = 10_000) => new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ${name} within ${limit} ms`)), limit);
    source.once(name, (context) => { clearTimeout(timer); resolve(context); });
  });
  try {
    const refused = new Promise((_, reject) => opened.once("connection_error", ({ connection: { error } }) => reject(error)));
    const broken = new Promise((_, reject) => opened.once("disconnected", () => reject(new Error("disconnected"))));
    refused.catch(() => {});
    broken.catch(() => {});
    await Promise.race([wait(opened, "connection_open"), refused, broken]);
    await run(opened, wait);
  } finally {
    opened.close();
  }
}

async function sent(link, wait, message, tag, format) {
  if (!link.sendable()) await wait(link, "sendable");
  const settled = Promise.race([
    wait(link, "accepted").then(() => "accepted"),
    wait(link, "rejected").then((context) => context.delivery.remote_state.error),
  ]);
  link.send(message, tag, format);
  return settled;
}

scenario("every AMQP type round-trips in application properties and body", async () => connected(async (link, wait) => {
  const properties = {
    ubyte: types.wrap_ubyte(200), ushort: types.wrap_ushort(60_000), uint: types.wrap_uint(4_000_000_000),
    ulong: types.wrap_ulong(2 ** 40), byte: types.wrap_byte(-100), short: types.wrap_short(-30_000),
    int: types.wrap_int(-2_000_000_000), long: types.wrap_long(-(2 ** 40)), float: types.wrap_float(1.5),
    double: types.wrap_double(Math.PI), boolean: true, string: "snö", symbol: types.wrap_symbol("sym"),
    timestamp: types.wrap_timestamp(1_700_000_000_000), binary: types.wrap_binary(Buffer.from([0, 255])),
    uuid: types.wrap_uuid(Buffer.alloc(16, 7)), char: types.wrap_char(0x1f600), nothing: null,
  };
  const sender = link.open_sender(queue);
  const body = types.wrap_list([types.wrap_map({ a: 1, b: ["x"] }), types.wrap_array([1, 2, 3], 0x71), types.wrap_ulong(7)]);
  assert.equal(await sent(sender, wait, { application_properties: properties, body }), "accepted");
  const receiver = link.open_receiver({ source: queue, autoaccept: false });
  const { message, delivery } = await wait(receiver, "message");
  delivery.accept();
  const got = message.application_properties;
  assert.deepEqual([got.ubyte, got.ushort, got.uint, got.ulong, got.byte, got.short, got.int, got.long],
    [200, 60_000, 4_000_000_000, 2 ** 40, -100, -30_000, -2_000_000_000, -(2 ** 40)]);
  assert.deepEqual([got.float, got.double, got.boolean, got.string, got.symbol, got.nothing],
    [1.5, Math.PI, true, "snö", "sym", null]);
  assert.equal(new Date(got.timestamp).getTime(), 1_700_000_000_000);
  assert.deepEqual([...got.binary], [0, 255]);
  assert.deepEqual([...got.uuid], Array(16).fill(7));
  assert.deepEqual(message.body, [{ a: 1, b: ["x"] }, [1, 2, 3], 7]);
}));

scenario("large messages cross in many frames both ways", async () => connected(async (link, wait) => {
  const sender = link.open_sender(queue);
  const body = rhea.message.data_section(Buffer.alloc(300_000, 5));
  assert.equal(await sent(sender, wait, { body }), "accepted");
  const receiver = link.open_receiver({ source: queue, autoaccept: false });
  const { message, delivery } = await wait(receiver, "message");
  assert.equal(message.body.content.length, 300_000);
  delivery.accept();
}, { max_frame_size: 4096 }));

scenario("released comes again unharmed, modified counts, rejected is dead-lettered", async () => connected(async (link, wait) => {
  const sender = link.open_sender(queue);
  await sent(sender, wait, { body: "again" });
  const receiver = link.open_receiver({ source: queue, autoaccept: false, credit_window: 0 });
  const next = async () => { receiver.add_credit(1); return wait(receiver, "message"); };
  let got = await next();
  got.delivery.release();
  got = await next();
  assert.equal(got.message.delivery_count ?? 0, 0);
  got.delivery.modified({ delivery_failed: true, undeliverable_here: false });
  got = await next();
  assert.equal(got.message.delivery_count, 1);
  got.delivery.reject({ condition: "my:reason", description: "not wanted" });
  const dead = link.open_receiver({ source: `${queue}/$DeadLetterQueue` });
  const { message } = await wait(dead, "message");
  assert.equal(message.body, "again");
}));

scenario("a drained receiver gets its answer at once", async () => connected(async (link, wait) => {
  const receiver = link.open_receiver({ source: queue, credit_window: 0 });
  await wait(receiver, "receiver_open");
  receiver.drain_credit();
  receiver.add_credit(10);
  await wait(receiver, "receiver_drained", 2000);
}));

scenario("a batch of the service's own format becomes single messages", async () => connected(async (link, wait) => {
  const sender = link.open_sender(queue);
  const parts = [1, 2, 3].map((body) => rhea.message.encode({ body, message_id: `b${body}` }));
  const envelope = rhea.message.encode({ body: rhea.message.data_sections(parts) });
  assert.equal(await sent(sender, wait, envelope, undefined, 0x80013700), "accepted");
  const receiver = link.open_receiver(queue);
  const got = [];
  await new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error(`only ${got} came`)), 10_000).unref();
    receiver.on("message", ({ message }) => { if (got.push(message.body) === 3) resolve(); });
  });
  assert.deepEqual(got, [1, 2, 3]);
}));

scenario("a missing entity and a wrong key are refused with their conditions", async () => {
  await connected(async (link, wait) => {
    const sender = link.open_sender("no-such-entity");
    const { sender: closed } = await wait(sender, "sender_error");
    assert.equal(closed.error.condition, "amqp:not-found");
  });
  await assert.rejects(connected(async () => {}, { password: "wrong" }));
});

scenario("requests and replies work on the management node", async () => connected(async (link, wait) => {
  const receiver = link.open_receiver({ source: `${queue}/$management`, target: "answers" });
  const sender = link.open_sender(`${queue}/$management`);
  if (!sender.sendable()) await wait(sender, "sendable");
  const answer = wait(receiver, "message");
  sender.send({
    message_id: "r1", reply_to: "answers",
    application_properties: { operation: "com.microsoft:peek-message" },
    body: { "from-sequence-number": types.wrap_long(1), "message-count": types.wrap_int(1) },
  });
  const { message } = await answer;
  assert.equal(message.correlation_id, "r1");
  assert.ok([200, 204].includes(message.application_properties.statusCode));
}));

await runAll();
