// @azure/service-bus, unchanged, through queues, sessions, topics, rules, administration, and batch delete.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { connection, messaging, options as over, runAll, scenario, secure, unique } from "./runner.mjs";

const require = createRequire(`${process.env.NODE_MODULES}/`);
const { ServiceBusClient, ServiceBusAdministrationClient, isServiceBusError } = require("@azure/service-bus");
const beta = require("service-bus-beta");
const client = new ServiceBusClient(messaging, { ...over, retryOptions: { maxRetries: 0 } });
const admin = new ServiceBusAdministrationClient(connection);

async function queue(options = {}) {
  const name = unique("queue");
  await admin.createQueue(name, { lockDuration: "PT30S", ...options });
  return name;
}

async function topic() {
  const name = unique("topic");
  await admin.createTopic(name);
  return name;
}

const bodies = (messages) => messages.map((message) => message.body);
const take = (receiver, count) => receiver.receiveMessages(count, { maxWaitTimeInMs: 3000 });

async function takeAll(receiver, count) {
  const found = [];
  while (found.length < count) {
    const some = await take(receiver, count - found.length);
    if (!some.length) break;
    found.push(...some);
  }
  return found;
}

async function refused(code, run) {
  await assert.rejects(run, (error) => {
    assert.ok(isServiceBusError(error), `${error}`);
    assert.equal(error.code, code);
    return true;
  });
}

scenario("a message keeps its body, properties and application properties", async () => {
  const name = await queue();
  const sender = client.createSender(name);
  const applicationProperties = { text: "å", number: 1.5, yes: true, when: new Date(1_700_000_000_000) };
  await sender.sendMessages({
    body: { deep: [1, "two", null] }, messageId: "m-1", correlationId: "c", subject: "s", to: "t", replyTo: "r",
    contentType: "application/json", replyToSessionId: "rs", timeToLive: 60_000, applicationProperties,
  });
  const receiver = client.createReceiver(name);
  const [message] = await take(receiver, 1);
  assert.deepEqual(message.body, { deep: [1, "two", null] });
  const { messageId, correlationId, subject, to, replyTo, contentType, replyToSessionId } = message;
  assert.deepEqual(
    { messageId, correlationId, subject, to, replyTo, contentType, replyToSessionId },
    { messageId: "m-1", correlationId: "c", subject: "s", to: "t", replyTo: "r", contentType: "application/json",
      replyToSessionId: "rs" });
  // this client shows expiry minus its own creation time, so the way to the broker is in it
  assert.ok(message.timeToLive >= 60_000 && message.timeToLive < 90_000, `${message.timeToLive}`);
  assert.equal(message.expiresAtUtc - message.enqueuedTimeUtc, 60_000);
  // this client sends a date as its number of milliseconds
  assert.deepEqual(message.applicationProperties, { ...applicationProperties, when: 1_700_000_000_000 });
  assert.equal(message.deliveryCount, 0);
  assert.equal(message.sequenceNumber.toString(), "1");
  assert.ok(message.lockedUntilUtc > new Date());
  assert.ok(message.expiresAtUtc > message.enqueuedTimeUtc);
  await receiver.completeMessage(message);
  assert.deepEqual(await receiver.receiveMessages(1, { maxWaitTimeInMs: 500 }), []);
});

scenario("a batch arrives whole and in order", async () => {
  const name = await queue();
  const sender = client.createSender(name);
  const batch = await sender.createMessageBatch();
  for (let at = 0; at < 50; at++) assert.ok(batch.tryAddMessage({ body: at }));
  await sender.sendMessages(batch);
  const receiver = client.createReceiver(name, { receiveMode: "receiveAndDelete" });
  assert.deepEqual(bodies(await takeAll(receiver, 50)), [...Array(50).keys()]);
});

scenario("abandon counts, the limit dead-letters", async () => {
  const name = await queue({ maxDeliveryCount: 2 });
  await client.createSender(name).sendMessages({ body: "x" });
  const receiver = client.createReceiver(name);
  const [first] = await take(receiver, 1);
  await receiver.abandonMessage(first, { mark: 7 });
  const [second] = await take(receiver, 1);
  assert.equal(second.deliveryCount, 1);
  assert.equal(second.applicationProperties.mark, 7);
  await receiver.abandonMessage(second);
  const dead = client.createReceiver(name, { subQueueType: "deadLetter" });
  const [message] = await take(dead, 1);
  assert.equal(message.deadLetterReason, "MaxDeliveryCountExceeded");
  await dead.completeMessage(message);
});

scenario("dead-lettering keeps reason and description", async () => {
  const name = await queue();
  await client.createSender(name).sendMessages({ body: "x" });
  const receiver = client.createReceiver(name);
  const [message] = await take(receiver, 1);
  await receiver.deadLetterMessage(message, { deadLetterReason: "bad", deadLetterErrorDescription: "no id", own: 1 });
  const [dead] = await take(client.createReceiver(name, { subQueueType: "deadLetter" }), 1);
  assert.deepEqual(
    [dead.deadLetterReason, dead.deadLetterErrorDescription, dead.applicationProperties.own], ["bad", "no id", 1]);
});

scenario("a deferred message is received by its number", async () => {
  const name = await queue();
  await client.createSender(name).sendMessages({ body: "later" });
  const receiver = client.createReceiver(name);
  const [message] = await take(receiver, 1);
  await receiver.deferMessage(message);
  assert.deepEqual(await receiver.receiveMessages(1, { maxWaitTimeInMs: 500 }), []);
  const [deferred] = await receiver.receiveDeferredMessages(message.sequenceNumber);
  assert.equal(deferred.body, "later");
  assert.equal(deferred.state, "deferred");
  await receiver.completeMessage(deferred);
  await refused("MessageNotFound", () => receiver.receiveDeferredMessages(message.sequenceNumber));
});

scenario("peek sees every state and takes nothing", async () => {
  const name = await queue();
  const sender = client.createSender(name);
  await sender.sendMessages([{ body: 1 }, { body: 2 }]);
  await sender.scheduleMessages({ body: 3 }, new Date(Date.now() + 3_600_000));
  const receiver = client.createReceiver(name);
  const peeked = await receiver.peekMessages(10);
  assert.deepEqual(bodies(peeked), [1, 2, 3]);
  assert.deepEqual(peeked.map((message) => message.state), ["active", "active", "scheduled"]);
  assert.equal((await takeAll(receiver, 2)).length, 2);
});

scenario("scheduled messages come in time and can be cancelled", async () => {
  const name = await queue();
  const sender = client.createSender(name);
  const due = new Date(Date.now() + 2000);
  const [soon] = await sender.scheduleMessages({ body: "soon" }, due);
  const [never] = await sender.scheduleMessages({ body: "never" }, due);
  assert.ok(soon);
  await sender.cancelScheduledMessages(never);
  const receiver = client.createReceiver(name);
  const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 8000 });
  assert.equal(message.body, "soon");
  assert.ok(message.enqueuedTimeUtc >= due);
  assert.deepEqual(await receiver.receiveMessages(1, { maxWaitTimeInMs: 500 }), []);
  await refused("MessageNotFound", () => sender.cancelScheduledMessages(never));
});

scenario("a lock is renewed, and lost when it expires", async () => {
  const name = await queue({ lockDuration: "PT5S" });
  await client.createSender(name).sendMessages({ body: "x" });
  const receiver = client.createReceiver(name, { maxAutoLockRenewalDurationInMs: 0 });
  const [message] = await take(receiver, 1);
  const before = message.lockedUntilUtc;
  const renewed = await receiver.renewMessageLock(message);
  assert.ok(renewed >= before);
  await new Promise((resolve) => setTimeout(resolve, 6000));
  await refused("MessageLockLost", () => receiver.completeMessage(message));
  const [again] = await take(receiver, 1);
  assert.equal(again.deliveryCount, 1);
  await receiver.completeMessage(again);
});

scenario("subscribe processes a stream of messages", async () => {
  const name = await queue();
  const receiver = client.createReceiver(name);
  const seen = [];
  let finish;
  const all = new Promise((resolve) => { finish = resolve; });
  const subscription = receiver.subscribe({
    processMessage: async (message) => { seen.push(message.body); if (seen.length === 20) finish(); },
    processError: async ({ error }) => { throw error; },
  });
  await client.createSender(name).sendMessages([...Array(20).keys()].map((body) => ({ body })));
  await all;
  await subscription.close();
  assert.deepEqual(seen, [...Array(20).keys()]);
  assert.deepEqual(await client.createReceiver(name).peekMessages(5), []);
});

scenario("a session is locked, ordered, has state, and is renewed", async () => {
  const name = await queue({ requiresSession: true });
  const sender = client.createSender(name);
  await sender.sendMessages([1, 2, 3].flatMap((body) => ["a", "b"].map((sessionId) => ({ body, sessionId }))));
  const session = await client.acceptSession(name, "a");
  assert.equal(session.sessionId, "a");
  assert.ok(session.sessionLockedUntilUtc > new Date());
  await refused("SessionCannotBeLocked", () => client.acceptSession(name, "a"));
  await session.setSessionState("half way");
  assert.equal((await session.getSessionState()).toString(), "half way");
  assert.ok((await session.renewSessionLock()) > new Date());
  const messages = await takeAll(session, 3);
  assert.deepEqual(bodies(messages), [1, 2, 3]);
  for (const message of messages) await session.completeMessage(message);
  const next = await client.acceptNextSession(name);
  assert.equal(next.sessionId, "b");
  await next.close();
  await session.close();
  const again = await client.acceptSession(name, "a");
  assert.equal((await again.getSessionState()).toString(), "half way");
  await again.close();
});

scenario("no free session is a time-out", async () => {
  const name = await queue({ requiresSession: true });
  const hasty = new ServiceBusClient(messaging, { ...over, retryOptions: { maxRetries: 0, timeoutInMs: 2000 } });
  await refused("ServiceTimeout", () => hasty.acceptNextSession(name));
  await hasty.close();
});

scenario("a plain receiver on a session queue is refused", async () => {
  const name = await queue({ requiresSession: true });
  await assert.rejects(take(client.createReceiver(name), 1), isServiceBusError);
  await assert.rejects(client.createSender(name).sendMessages({ body: "no session" }), isServiceBusError);
});

scenario("a missing entity is told as such", async () => {
  await refused("MessagingEntityNotFound", () => client.createSender(unique("none")).sendMessages({ body: 1 }));
  await refused("MessagingEntityNotFound", () => take(client.createReceiver(unique("none")), 1));
});

scenario("a wrong key is an authentication error", async () => {
  const name = await queue();
  const wrong = new ServiceBusClient(messaging.replace(/SharedAccessKey=[^;]+/, "SharedAccessKey=wrong"),
    { ...over, retryOptions: { maxRetries: 0 } });
  await refused("UnauthorizedAccess", () => wrong.createSender(name).sendMessages({ body: 1 }));
  await wrong.close();
  const wrongAdmin = new ServiceBusAdministrationClient(connection.replace(/SharedAccessKey=[^;]+/, "SharedAccessKey=wrong"));
  await assert.rejects(wrongAdmin.getQueue(name), (error) => error.statusCode === 401);
});

scenario("a message above the link's limit is refused", async () => {
  const name = await queue();
  const limited = client.createSender(name);
  const batch = await limited.createMessageBatch();
  assert.equal(batch.tryAddMessage({ body: Buffer.alloc(batch.maxSizeInBytes + 1) }), false);
});

scenario("filters and actions decide what a subscription gets", async () => {
  const name = await topic();
  await admin.createSubscription(name, "high", { defaultRuleOptions: {
    name: "level", filter: { sqlExpression: "level > @limit AND sys.Label LIKE 'a%'", sqlParameters: { "@limit": 3 } },
    action: { sqlExpression: "SET level = level + 1; SET seen = 'yes'" } } });
  await admin.createSubscription(name, "red", { defaultRuleOptions: {
    name: "colour", filter: { applicationProperties: { colour: "red" } } } });
  await admin.createSubscription(name, "all");
  await client.createSender(name).sendMessages([
    { body: 1, subject: "abc", applicationProperties: { level: 5, colour: "blue" } },
    { body: 2, subject: "xyz", applicationProperties: { level: 5, colour: "red" } },
    { body: 3, subject: "abc", applicationProperties: { colour: "red" } },
  ]);
  const from = (subscription) => client.createReceiver(name, subscription, { receiveMode: "receiveAndDelete" });
  const [high] = await take(from("high"), 5);
  assert.deepEqual([high.body, high.applicationProperties.level, high.applicationProperties.seen], [1, 6, "yes"]);
  assert.deepEqual(bodies(await takeAll(from("red"), 2)), [2, 3]);
  assert.deepEqual(bodies(await takeAll(from("all"), 3)), [1, 2, 3]);
});

scenario("rules are managed over AMQP", async () => {
  const name = await topic();
  await admin.createSubscription(name, "s");
  const rules = client.createRuleManager(name, "s");
  const listed = async () => { const all = []; for await (const rule of rules.listRules()) all.push(rule); return all; };
  assert.deepEqual((await listed()).map((rule) => rule.name), ["$Default"]);
  await rules.deleteRule("$Default");
  await rules.createRule("sql", { sqlExpression: "a = 1" }, { sqlExpression: "SET b = 2" });
  await rules.createRule("correlation", { correlationId: "c", subject: "s", applicationProperties: { n: 3, t: "x" } });
  const [correlation, sql] = await listed(); // by name, as the service lists them
  assert.deepEqual([sql.name, sql.filter.sqlExpression, sql.action.sqlExpression], ["sql", "a = 1", "SET b = 2"]);
  assert.deepEqual([correlation.filter.correlationId, correlation.filter.subject], ["c", "s"]);
  assert.deepEqual(correlation.filter.applicationProperties, { n: 3, t: "x" });
  await refused("MessagingEntityAlreadyExists", () => rules.createRule("sql", { sqlExpression: "a = 2" }));
  await assert.rejects(rules.createRule("bad", { sqlExpression: "a = = 2" }), isServiceBusError);
  await refused("MessagingEntityNotFound", () => rules.deleteRule("none"));
  await client.createSender(name).sendMessages([
    { body: 1, applicationProperties: { a: 1 } }, { body: 2, applicationProperties: { a: 2 } }]);
  const [got, ...rest] = await take(client.createReceiver(name, "s"), 5);
  assert.deepEqual([got.body, got.applicationProperties.b, rest.length], [1, 2, 0]);
  // This client sends 3 as an unsigned int over AMQP, and the rule keeps that type. Its administration reads no
  // unsigned numbers, so it is asked for a rule without one.
  await rules.createRule("readable", { applicationProperties: { n: 2.5, t: "x", b: true } });
  const overHttp = await admin.getRule(name, "s", "readable");
  assert.deepEqual(overHttp.filter.applicationProperties, { n: 2.5, t: "x", b: true });
});

scenario("messages are deleted in batches over AMQP", async () => {
  const name = await queue();
  const other = new beta.ServiceBusClient(messaging, { ...over, retryOptions: { maxRetries: 0 } });
  await client.createSender(name).sendMessages([...Array(12).keys()].map((body) => ({ body })));
  const locker = client.createReceiver(name);
  const [locked] = await take(locker, 1);
  const receiver = other.createReceiver(name);
  assert.equal(await receiver.deleteMessages({ maxMessageCount: 5, beforeEnqueueTime: new Date(Date.now() + 60_000) }), 5);
  assert.equal(await receiver.deleteMessages({ maxMessageCount: 5, beforeEnqueueTime: new Date(Date.now() - 60_000) }), 0);
  assert.equal(await receiver.purgeMessages({ beforeEnqueueTime: new Date(Date.now() + 60_000) }), 6);
  await locker.completeMessage(locked);
  assert.deepEqual(await locker.peekMessages(5), []);
  await other.close();
});

scenario("administration creates, changes, lists and deletes every entity", async () => {
  const name = unique("made");
  const made = await admin.createQueue(name, {
    lockDuration: "PT45S", maxDeliveryCount: 7, requiresSession: true, deadLetteringOnMessageExpiration: true,
    defaultMessageTimeToLive: "P2D", userMetadata: "<meta>", autoDeleteOnIdle: "PT20M",
    authorizationRules: [{ accessRights: ["Listen"], keyName: "reader", primaryKey: "p".repeat(44),
      secondaryKey: "s".repeat(44), claimType: "SharedAccessKey", claimValue: "None" }],
  });
  assert.equal(made.name, name);
  const got = await admin.getQueue(name);
  assert.deepEqual([got.lockDuration, got.maxDeliveryCount, got.requiresSession, got.defaultMessageTimeToLive,
    got.userMetadata, got.autoDeleteOnIdle, got.authorizationRules[0].keyName, got.status],
  ["PT45S", 7, true, "P2D", "<meta>", "PT20M", "reader", "Active"]);
  got.maxDeliveryCount = 9;
  assert.equal((await admin.updateQueue(got)).maxDeliveryCount, 9);
  assert.equal(await admin.queueExists(name), true);
  await assert.rejects(admin.createQueue(name), (error) => error.code === "MessageEntityAlreadyExistsError");
  await client.createSender(name).sendMessages({ body: 1, sessionId: "s" });
  const live = await admin.getQueueRuntimeProperties(name);
  assert.deepEqual([live.activeMessageCount, live.deadLetterMessageCount, live.totalMessageCount], [1, 0, 1]);
  const names = [];
  for await (const each of admin.listQueues()) names.push(each.name);
  assert.ok(names.includes(name));
  await admin.deleteQueue(name);
  assert.equal(await admin.queueExists(name), false);
  await assert.rejects(admin.getQueue(name), (error) => error.code === "MessageEntityNotFoundError");
  const fan = unique("fan/out");
  await admin.createTopic(fan, { userMetadata: "t" });
  await admin.createSubscription(fan, "s", { maxDeliveryCount: 3 });
  await admin.createRule(fan, "s", "r", { sqlExpression: "x = @x", sqlParameters: { "@x": "y" } }, { sqlExpression: "SET z = 1" });
  const rule = await admin.getRule(fan, "s", "r");
  assert.deepEqual([rule.name, rule.filter.sqlParameters, rule.action.sqlExpression], ["r", { "@x": "y" }, "SET z = 1"]);
  const rules = [];
  for await (const each of admin.listRules(fan, "s")) rules.push(each.name);
  assert.deepEqual(rules, ["$Default", "r"]);
  const subscriptions = [];
  for await (const each of admin.listSubscriptionsRuntimeProperties(fan)) subscriptions.push(each.subscriptionName);
  assert.deepEqual(subscriptions, ["s"]);
  assert.equal((await admin.getTopicRuntimeProperties(fan)).subscriptionCount, 1);
  await admin.deleteTopic(fan);
  assert.equal(await admin.subscriptionExists(fan, "s"), false);
  assert.ok((await admin.getNamespaceProperties()).messagingSku);
});

scenario("messages are forwarded", async () => {
  const target = await queue();
  const source = await queue({ forwardTo: target });
  await client.createSender(source).sendMessages({ body: "on" });
  const [message] = await take(client.createReceiver(target), 1);
  assert.equal(message.body, "on");
});

scenario("duplicates are dropped", async () => {
  const name = await queue({ requiresDuplicateDetection: true });
  const sender = client.createSender(name);
  for (const messageId of ["a", "b", "a"]) await sender.sendMessages({ body: messageId, messageId });
  assert.deepEqual(bodies(await takeAll(client.createReceiver(name), 3)), ["a", "b"]);
});

scenario("a session waits for its message and keeps what it deferred", async () => {
  const name = await queue({ requiresSession: true });
  const waiting = client.acceptNextSession(name, { maxAutoLockRenewalDurationInMs: 0 });
  const sender = client.createSender(name);
  await sender.sendMessages([{ body: "one", sessionId: "s" }, { body: "two", sessionId: "s" }]);
  const receiver = await waiting;
  assert.equal(receiver.sessionId, "s");
  const [one, two] = await takeAll(receiver, 2);
  await receiver.deferMessage(one, { why: "later" });
  await receiver.completeMessage(two);
  const [peeked] = await receiver.peekMessages(5);
  assert.deepEqual([peeked.body, peeked.state], ["one", "deferred"]);
  const [again] = await receiver.receiveDeferredMessages(one.sequenceNumber);
  assert.deepEqual([again.body, again.state, again.applicationProperties.why], ["one", "deferred", "later"]);
  await receiver.deadLetterMessage(again, { deadLetterReason: "no", more: 1 });
  const [dead] = await take(client.createReceiver(name, { subQueueType: "deadLetter" }), 1);
  assert.deepEqual([dead.deadLetterReason, dead.applicationProperties.more, dead.sessionId], ["no", 1, "s"]);
  await refused("SessionCannotBeLocked", () => client.acceptSession(name, "s"));
  await receiver.close();
});

scenario("receive-and-delete streams and leaves no lock token", async () => {
  const name = await queue();
  await client.createSender(name).sendMessages([...Array(20).keys()].map((body) => ({ body })));
  const receiver = client.createReceiver(name, { receiveMode: "receiveAndDelete" });
  const got = [];
  for await (const message of receiver.getMessageIterator({ maxWaitTimeInMs: 3000 })) {
    got.push(message.body);
    assert.equal(message.lockToken, undefined);
    if (got.length === 20) break;
  }
  assert.deepEqual(got, [...Array(20).keys()]);
  await receiver.close();
  assert.equal((await admin.getQueueRuntimeProperties(name)).totalMessageCount, 0);
});

scenario("a message says its state and first number when they differ from the usual", async () => {
  const end = await queue();
  const begin = await queue({ forwardTo: end });
  await client.createSender(end).sendMessages({ body: "direct" });
  await client.createSender(begin).sendMessages({ body: "forwarded" });
  const receiver = client.createReceiver(end);
  const [direct, forwarded] = await takeAll(receiver, 2);
  assert.deepEqual([direct.state, forwarded.state], ["active", "active"]);
  assert.deepEqual([`${forwarded.sequenceNumber}`, `${forwarded.enqueuedSequenceNumber}`], ["2", "1"]);
});

scenario("pages of administration go on where the last one ended", async () => {
  const prefix = unique("page");
  for (let n = 0; n < 7; n += 1) await admin.createTopic(`${prefix}-${n}`);
  const found = [];
  for await (const page of admin.listTopics().byPage({ maxPageSize: 3 })) {
    assert.ok(page.length <= 3);
    found.push(...page.map((each) => each.name).filter((each) => each.startsWith(prefix)));
  }
  assert.deepEqual(found, [...Array(7).keys()].map((n) => `${prefix}-${n}`));
});

scenario("a status stops what it says, and peeking goes on", async () => {
  const name = await queue();
  await client.createSender(name).sendMessages({ body: "here" });
  const description = await admin.getQueue(name);
  await admin.updateQueue({ ...description, status: "Disabled" });
  await refused("MessagingEntityDisabled", () => client.createSender(name).sendMessages({ body: "no" }));
  await refused("MessagingEntityDisabled", () => take(client.createReceiver(name), 1));
  await refused("MessagingEntityDisabled", () =>
    client.createSender(name).scheduleMessages({ body: "no" }, new Date(Date.now() + 60_000)));
  assert.deepEqual(bodies(await client.createReceiver(name).peekMessages(5)), ["here"]);
  await admin.updateQueue({ ...description, status: "Active" });
  assert.deepEqual(bodies(await take(client.createReceiver(name), 1)), ["here"]);
});

scenario("a rule is changed and a subscription's messages follow it", async () => {
  const name = await topic();
  await admin.createSubscription(name, "s", { defaultRuleOptions: { name: "first", filter: { sqlExpression: "n > 1" } } });
  const rule = await admin.getRule(name, "s", "first");
  const sender = client.createSender(name);
  const send = (n) => sender.sendMessages({ body: n, applicationProperties: { n } });
  await send(1);
  await admin.updateRule(name, "s", { ...rule, filter: { applicationProperties: { n: 1 } }, action: { sqlExpression: "SET sys.Label = 'x'; REMOVE n" } });
  await send(1);
  await send(2);
  const got = await takeAll(client.createReceiver(name, "s"), 1);
  assert.deepEqual(got.map((each) => [each.body, each.subject, each.applicationProperties]), [[1, "x", { RuleName: "first" }]]);
  assert.equal((await admin.getSubscriptionRuntimeProperties(name, "s")).totalMessageCount, 1);
});

scenario("the first steps of the page", async () => {
  const name = unique("queue");
  // snippet: plain
  // administration insists on HTTPS: start with --tls, and NODE_EXTRA_CA_CERTS=DIR/tls/certificate.pem
  const administration = new ServiceBusAdministrationClient(connection);
  await administration.createQueue(name);
  const client = new ServiceBusClient(connection);
  await client.createSender(name).sendMessages({ body: "hello" });
  const receiver = client.createReceiver(name);
  const [message] = await receiver.receiveMessages(1);
  await receiver.completeMessage(message);
  await client.close();
  // end of snippet
  assert.equal(message.body, "hello");
});

scenario("the other ways of the page: WebSocket, and TLS", async () => {
  const name = await queue();
  // snippet: websocket
  const client = new ServiceBusClient(connection, { webSocketOptions: { webSocket: WebSocket } });
  // end of snippet
  const overTls = () => {
    // snippet: tls
    // NODE_EXTRA_CA_CERTS=DIR/tls/certificate.pem; secure: the connection string without UseDevelopmentEmulator
    const client = new ServiceBusClient(secure);
    // end of snippet
    return client;
  };
  for (const each of [client, overTls()]) {
    await each.createSender(name).sendMessages({ body: Buffer.alloc(100_000, 1) });
    const receiver = each.createReceiver(name);
    const [message] = await take(receiver, 1);
    assert.equal(message.body.length, 100_000);
    await receiver.completeMessage(message);
    await each.close();
  }
});

await runAll();
