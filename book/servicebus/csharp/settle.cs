#:package Azure.Messaging.ServiceBus@7.21.0
using Azure.Messaging.ServiceBus;
using Azure.Messaging.ServiceBus.Administration;

var connection = Environment.GetEnvironmentVariable("SERVICEBUS_CONNECTION_STRING")!;
var admin = new ServiceBusAdministrationClient(connection);
await using var client = new ServiceBusClient(connection);

var orders = $"csharp.settle.{Guid.NewGuid():N}"[..24];
await admin.CreateQueueAsync(new CreateQueueOptions(orders)
{
    LockDuration = TimeSpan.FromSeconds(5),
    AutoDeleteOnIdle = TimeSpan.FromMinutes(5), // if this program is killed
});

async Task<string> Counts()
{
    QueueRuntimeProperties now = await admin.GetQueueRuntimePropertiesAsync(orders);
    return $"active: {now.ActiveMessageCount}, "
        + $"dead letters: {now.DeadLetterMessageCount}";
}

// Receiving locks a message.
var sender = client.CreateSender(orders);
await sender.SendMessagesAsync(
    from n in Enumerable.Range(1, 3) select new ServiceBusMessage($"order {n}"));

var ada = client.CreateReceiver(orders); // peek-lock is the default
var first = await ada.ReceiveMessageAsync();
var left = first.LockedUntil - DateTimeOffset.UtcNow;
Console.WriteLine($"received:        {first.Body}");
Console.WriteLine($"sequence number: {first.SequenceNumber}");
Console.WriteLine($"delivery count:  {first.DeliveryCount}");
Console.WriteLine($"locked for       {left.TotalSeconds:F1} s more");
Console.WriteLine(await Counts());

// Another receiver gets the other two. A peek sees all three.
var ben = client.CreateReceiver(orders);
var bens = new List<ServiceBusReceivedMessage>();
while (bens.Count < 2)
    bens.AddRange(await ben.ReceiveMessagesAsync(2 - bens.Count));
var peeked = await ben.PeekMessagesAsync(10, fromSequenceNumber: 1);
string Bodies(IEnumerable<ServiceBusReceivedMessage> messages) =>
    string.Join(", ", messages.Select(message => message.Body));

Console.WriteLine($"Ben has: {Bodies(bens)}");
Console.WriteLine($"peeked:  {Bodies(peeked)}");

// Completing deletes a message, abandoning unlocks it.
await ada.CompleteMessageAsync(first);
await ben.CompleteMessageAsync(bens[0]);
await ben.AbandonMessageAsync(bens[1]);
Console.WriteLine(await Counts());

var again = await ada.ReceiveMessageAsync();
Console.WriteLine($"{again.Body}: delivery count {again.DeliveryCount}");
await ada.CompleteMessageAsync(again);

await admin.DeleteQueueAsync(orders);
