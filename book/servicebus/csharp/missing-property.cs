#:package Azure.Messaging.ServiceBus@7.21.0
using Azure.Messaging.ServiceBus;
using Azure.Messaging.ServiceBus.Administration;

var connection = Environment.GetEnvironmentVariable("SERVICEBUS_CONNECTION_STRING")!;
var admin = new ServiceBusAdministrationClient(connection);
await using var client = new ServiceBusClient(connection);

var orders = $"csharp.missing.{Guid.NewGuid():N}"[..24];
await admin.CreateTopicAsync(new CreateTopicOptions(orders)
{
    AutoDeleteOnIdle = TimeSpan.FromMinutes(5), // if this program is killed
});

var filters = new Dictionary<string, string>
{
    ["equal"] = "country = 'DE'",
    ["unequal"] = "country <> 'DE'",
    ["negated"] = "NOT (country = 'DE')",
    ["careful"] = "country IS NULL OR country <> 'DE'",
};
foreach (var (name, condition) in filters)
    await admin.CreateSubscriptionAsync(
        new CreateSubscriptionOptions(orders, name),
        new CreateRuleOptions("rule", new SqlRuleFilter(condition)));

await client.CreateSender(orders).SendMessagesAsync(
[
    new ServiceBusMessage("order 7") { ApplicationProperties = { ["country"] = "DE" } },
    new ServiceBusMessage("order 8") { ApplicationProperties = { ["country"] = "FR" } },
    new ServiceBusMessage("order 9"),
]);

foreach (var (name, condition) in filters)
{
    SubscriptionRuntimeProperties now =
        await admin.GetSubscriptionRuntimePropertiesAsync(orders, name);
    await using var receiver = client.CreateReceiver(orders, name);
    var got = new List<string>();
    while (got.Count < now.ActiveMessageCount)
        got.Add((await receiver.ReceiveMessageAsync()).Body.ToString());
    Console.WriteLine($"{condition,-36} {string.Join(", ", got)}");
}

await admin.DeleteTopicAsync(orders);
