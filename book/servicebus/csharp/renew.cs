#:package Azure.Messaging.ServiceBus@7.21.0
using Azure.Messaging.ServiceBus;
using Azure.Messaging.ServiceBus.Administration;

var connection = Environment.GetEnvironmentVariable("SERVICEBUS_CONNECTION_STRING")!;
var admin = new ServiceBusAdministrationClient(connection);
await using var client = new ServiceBusClient(connection);

var reports = $"csharp.renew.{Guid.NewGuid():N}"[..24];
await admin.CreateQueueAsync(new CreateQueueOptions(reports)
{
    LockDuration = TimeSpan.FromSeconds(5),
    AutoDeleteOnIdle = TimeSpan.FromMinutes(5), // if this program is killed
});
var sender = client.CreateSender(reports);
await sender.SendMessagesAsync(
    [new ServiceBusMessage("renewed"), new ServiceBusMessage("not")]);

var ada = client.CreateReceiver(reports);
var kept = await ada.ReceiveMessageAsync();
var leftAlone = await ada.ReceiveMessageAsync();

// A receiver of .NET has no lock renewer. Only a ServiceBusProcessor renews by itself.
for (var second = 1; second <= 6; second++)
{
    await Task.Delay(TimeSpan.FromSeconds(1)); // the work on both of them
    await ada.RenewMessageLockAsync(kept);
}

await ada.CompleteMessageAsync(kept);
Console.WriteLine("renewed: completed");
try
{
    await ada.CompleteMessageAsync(leftAlone);
}
catch (ServiceBusException error)
    when (error.Reason == ServiceBusFailureReason.MessageLockLost)
{
    Console.WriteLine($"not:     {error.GetType().Name}, {error.Reason}");
}

var again = await ada.ReceiveMessageAsync();
Console.WriteLine($"'{again.Body}' is delivered again, "
    + $"delivery count {again.DeliveryCount}");
await ada.CompleteMessageAsync(again);

await admin.DeleteQueueAsync(reports);
