#:package Azure.Messaging.ServiceBus@7.21.0
using Azure.Messaging.ServiceBus;
using Azure.Messaging.ServiceBus.Administration;

var connection = Environment.GetEnvironmentVariable("SERVICEBUS_CONNECTION_STRING")!;
var admin = new ServiceBusAdministrationClient(connection);
await using var client = new ServiceBusClient(connection);

var risky = $"csharp.risky.{Guid.NewGuid():N}"[..24];
await admin.CreateQueueAsync(new CreateQueueOptions(risky)
{
    MaxDeliveryCount = 3,
    DeadLetteringOnMessageExpiration = true,
    LockDuration = TimeSpan.FromMinutes(1),
    AutoDeleteOnIdle = TimeSpan.FromMinutes(5), // if this program is killed
});
var sender = client.CreateSender(risky);
var receiver = client.CreateReceiver(risky);

async Task<string> Counts()
{
    QueueRuntimeProperties now = await admin.GetQueueRuntimePropertiesAsync(risky);
    return $"active: {now.ActiveMessageCount}, "
        + $"dead letters: {now.DeadLetterMessageCount}";
}

// One that every worker fails on.
await sender.SendMessageAsync(new ServiceBusMessage("poison"));
var tries = 0;
while (await receiver.ReceiveMessageAsync(TimeSpan.FromSeconds(1)) is { } poison)
{
    tries++;
    await receiver.AbandonMessageAsync(poison);
}

// One that a worker finds broken. The worker gives a reason.
await sender.SendMessageAsync(new ServiceBusMessage("no address"));
var message = await receiver.ReceiveMessageAsync();
await receiver.DeadLetterMessageAsync(
    message, "InvalidOrder", "the field 'address' is empty");

// One that was not received in time.
await sender.SendMessageAsync(new ServiceBusMessage("old news")
{
    TimeToLive = TimeSpan.FromMilliseconds(50),
});
while (!(await Counts()).EndsWith("3"))
    await Task.Delay(50); // between two questions to the service

Console.WriteLine($"the poison message was tried {tries} times");
Console.WriteLine(await Counts());

var deadLetters = client.CreateReceiver(
    risky, new ServiceBusReceiverOptions { SubQueue = SubQueue.DeadLetter });
var dead = new List<ServiceBusReceivedMessage>();
while (dead.Count < 3)
    dead.AddRange(await deadLetters.ReceiveMessagesAsync(3 - dead.Count));
foreach (var each in dead)
{
    Console.WriteLine($"{each.Body,-12} {each.DeadLetterReason}");
    Console.WriteLine($"{"",-12} {each.DeadLetterErrorDescription}");
}

// Resubmitting: send it again, repaired, and complete the dead letter.
var broken = dead.Single(each => each.Body.ToString() == "no address");
await sender.SendMessageAsync(
    new ServiceBusMessage("with address") { MessageId = broken.MessageId });
await deadLetters.CompleteMessageAsync(broken);

var repaired = await receiver.ReceiveMessageAsync();
Console.WriteLine($"{repaired.Body}: delivery count {repaired.DeliveryCount}");
Console.WriteLine(await Counts());
await receiver.CompleteMessageAsync(repaired);

await admin.DeleteQueueAsync(risky);
