#:package Azure.Messaging.ServiceBus@7.21.0
using Azure.Messaging.ServiceBus;
using Azure.Messaging.ServiceBus.Administration;

var connection = Environment.GetEnvironmentVariable("SERVICEBUS_CONNECTION_STRING")!;
var admin = new ServiceBusAdministrationClient(connection);
await using var client = new ServiceBusClient(connection);

var orders = $"csharp.default.{Guid.NewGuid():N}"[..24];
await admin.CreateTopicAsync(new CreateTopicOptions(orders)
{
    AutoDeleteOnIdle = TimeSpan.FromMinutes(5), // if this program is killed
});
await admin.CreateSubscriptionAsync(orders, "oops");
var sender = client.CreateSender(orders);
var receiver = client.CreateReceiver(orders, "oops");

async Task<string> TakeAll()
{
    var taken = new List<string>();
    while (true)
    {
        SubscriptionRuntimeProperties now =
            await admin.GetSubscriptionRuntimePropertiesAsync(orders, "oops");
        if (now.ActiveMessageCount == 0)
            return string.Join(", ", taken);
        var message = await receiver.ReceiveMessageAsync();
        taken.Add(message.Body.ToString());
        await receiver.CompleteMessageAsync(message);
    }
}

ServiceBusMessage Order(int number, int amount) => new($"order {number}")
{
    ApplicationProperties = { ["amount"] = amount },
};

await admin.CreateRuleAsync(
    orders, "oops", new CreateRuleOptions("large", new SqlRuleFilter("amount > 100")));
await sender.SendMessagesAsync([Order(12, 5), Order(13, 500)]);
Console.WriteLine(await TakeAll());
var rules = new List<string>();
await foreach (var rule in admin.GetRulesAsync(orders, "oops"))
    rules.Add(rule.Name);
Console.WriteLine($"rules: {string.Join(", ", rules)}");

await admin.DeleteRuleAsync(orders, "oops", CreateRuleOptions.DefaultRuleName);
await sender.SendMessagesAsync([Order(14, 5), Order(15, 500)]);
Console.WriteLine(await TakeAll());

await admin.DeleteTopicAsync(orders);
