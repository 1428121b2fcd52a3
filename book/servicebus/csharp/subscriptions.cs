#:package Azure.Messaging.ServiceBus@7.21.0
using Azure.Messaging.ServiceBus;
using Azure.Messaging.ServiceBus.Administration;

var connection = Environment.GetEnvironmentVariable("SERVICEBUS_CONNECTION_STRING")!;
var admin = new ServiceBusAdministrationClient(connection);
await using var client = new ServiceBusClient(connection);

var orders = $"csharp.orders.{Guid.NewGuid():N}"[..24];
await admin.CreateTopicAsync(new CreateTopicOptions(orders)
{
    AutoDeleteOnIdle = TimeSpan.FromMinutes(5), // if this program is killed
});
var sender = client.CreateSender(orders);

async Task<long> Waiting(string name)
{
    SubscriptionRuntimeProperties now =
        await admin.GetSubscriptionRuntimePropertiesAsync(orders, name);
    return now.ActiveMessageCount;
}

async Task<string> TakeAll(string name)
{
    await using var receiver = client.CreateReceiver(orders, name);
    var taken = new List<string>();
    while (await Waiting(name) > 0)
    {
        var message = await receiver.ReceiveMessageAsync();
        taken.Add(message.Body.ToString());
        await receiver.CompleteMessageAsync(message);
    }
    return string.Join(", ", taken);
}

await sender.SendMessageAsync(new ServiceBusMessage("order 1")); // no subscription yet
string[] names = ["billing", "shipping"];
foreach (var name in names)
    await admin.CreateSubscriptionAsync(orders, name);
await sender.SendMessageAsync(new ServiceBusMessage("order 2"));

foreach (var name in names)
    Console.WriteLine($"{name,-9} {await TakeAll(name)}");

await sender.SendMessageAsync(new ServiceBusMessage("order 3"));
await TakeAll("billing");
Console.WriteLine("billing has taken order 3; "
    + $"shipping still has {await Waiting("shipping")}");

await admin.DeleteTopicAsync(orders);
