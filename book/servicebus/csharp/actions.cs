#:package Azure.Messaging.ServiceBus@7.21.0
using Azure.Messaging.ServiceBus;
using Azure.Messaging.ServiceBus.Administration;

var connection = Environment.GetEnvironmentVariable("SERVICEBUS_CONNECTION_STRING")!;
var admin = new ServiceBusAdministrationClient(connection);
await using var client = new ServiceBusClient(connection);

var orders = $"csharp.actions.{Guid.NewGuid():N}"[..24];
await admin.CreateTopicAsync(new CreateTopicOptions(orders)
{
    AutoDeleteOnIdle = TimeSpan.FromMinutes(5), // if this program is killed
});
var sender = client.CreateSender(orders);

async Task Subscription(string name, params (string If, string? Then)[] rules)
{
    await admin.CreateSubscriptionAsync(orders, name);
    foreach (var (condition, action) in rules)
        await admin.CreateRuleAsync(orders, name, new CreateRuleOptions
        {
            Name = $"rule-{Array.IndexOf(rules, (condition, action))}",
            Filter = new SqlRuleFilter(condition),
            Action = action is null ? null : new SqlRuleAction(action),
        });
    await admin.DeleteRuleAsync(orders, name, CreateRuleOptions.DefaultRuleName);
}

async Task<List<ServiceBusReceivedMessage>> TakeAll(string name)
{
    SubscriptionRuntimeProperties now =
        await admin.GetSubscriptionRuntimePropertiesAsync(orders, name);
    await using var receiver = client.CreateReceiver(orders, name);
    var taken = new List<ServiceBusReceivedMessage>();
    while (taken.Count < now.ActiveMessageCount)
    {
        taken.Add(await receiver.ReceiveMessageAsync());
        await receiver.CompleteMessageAsync(taken[^1]);
    }
    return taken;
}

await Subscription(
    "taxed",
    ("amount > 100", "SET sys.Label = 'large order'; SET tax = amount * 0.19"));
await Subscription("large", ("amount > 100", null));
await sender.SendMessageAsync(new ServiceBusMessage("order 10")
{
    Subject = "order",
    ApplicationProperties = { ["amount"] = 200 },
});
foreach (var name in new[] { "taxed", "large" })
{
    var message = (await TakeAll(name)).Single();
    var properties = message.ApplicationProperties
        .Where(each => each.Key != "RuleName")
        .Select(each => $"{each.Key}: {each.Value}");
    Console.WriteLine($"{name}: {message.Subject,-12} {string.Join(", ", properties)}");
}

await Subscription(
    "twice",
    ("amount > 100", "SET seen = 'large'"),
    ("country = 'DE'", "SET seen = 'german'"));
await Subscription("once", ("amount > 100", null), ("country = 'DE'", null));
await sender.SendMessageAsync(new ServiceBusMessage("order 11")
{
    ApplicationProperties = { ["amount"] = 200, ["country"] = "DE" },
});
var twice = await TakeAll("twice");
var once = await TakeAll("once");
var seen = twice.Select(each => each.ApplicationProperties["seen"]);
Console.WriteLine($"with actions:    {string.Join(", ", seen)}");
Console.WriteLine($"without actions: {once.Count} copy");

await admin.DeleteTopicAsync(orders);
