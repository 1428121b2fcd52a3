#:package Azure.Messaging.ServiceBus@7.21.0
using Azure.Messaging.ServiceBus;
using Azure.Messaging.ServiceBus.Administration;

var connection = Environment.GetEnvironmentVariable("SERVICEBUS_CONNECTION_STRING")!;
var admin = new ServiceBusAdministrationClient(connection);
await using var client = new ServiceBusClient(connection);

var orders = $"csharp.rules.{Guid.NewGuid():N}"[..24];
await admin.CreateTopicAsync(new CreateTopicOptions(orders)
{
    AutoDeleteOnIdle = TimeSpan.FromMinutes(5), // if this program is killed
});
var sender = client.CreateSender(orders);

// A subscription and its first rule in one call: there is no $Default.
async Task Subscription(string name, RuleFilter filter, RuleAction? action = null) =>
    await admin.CreateSubscriptionAsync(
        new CreateSubscriptionOptions(orders, name),
        new CreateRuleOptions("rule", filter) { Action = action });

async Task<List<string>> TakeAll(string name)
{
    await using var receiver = client.CreateReceiver(orders, name);
    var taken = new List<string>();
    while (true)
    {
        SubscriptionRuntimeProperties now =
            await admin.GetSubscriptionRuntimePropertiesAsync(orders, name);
        if (now.ActiveMessageCount == 0)
            return taken;
        var message = await receiver.ReceiveMessageAsync();
        taken.Add(message.Body.ToString());
        await receiver.CompleteMessageAsync(message);
    }
}

ServiceBusMessage Order(int number, int? amount = null, string? country = null)
{
    var order = new ServiceBusMessage($"order {number}") { Subject = "order" };
    if (amount is not null)
        order.ApplicationProperties["amount"] = amount;
    if (country is not null)
        order.ApplicationProperties["country"] = country;
    return order;
}

await Subscription("large", new SqlRuleFilter("amount > 100"));
await Subscription(
    "abroad", new SqlRuleFilter("sys.Label = 'order' AND country <> 'DE'"));
await Subscription("german", new CorrelationRuleFilter
{
    Subject = "order",
    ApplicationProperties = { ["country"] = "DE" },
});

await sender.SendMessagesAsync(
    [Order(4, 150, "DE"), Order(5, 20, "FR"), Order(6, 900, "FR")]);
foreach (var name in new[] { "large", "abroad", "german" })
    Console.WriteLine($"{name,-7} {string.Join(", ", await TakeAll(name))}");

await admin.DeleteTopicAsync(orders);
