#:package Azure.Messaging.ServiceBus@7.21.0
using Azure.Messaging.ServiceBus;
using Azure.Messaging.ServiceBus.Administration;

var connection = Environment.GetEnvironmentVariable("SERVICEBUS_CONNECTION_STRING")!;
var admin = new ServiceBusAdministrationClient(connection);
await using var client = new ServiceBusClient(connection);

var orders = $"csharp.defer.{Guid.NewGuid():N}"[..24];
await admin.CreateQueueAsync(new CreateQueueOptions(orders)
{
    LockDuration = TimeSpan.FromMinutes(1),
    AutoDeleteOnIdle = TimeSpan.FromMinutes(5), // if this program is killed
});
await client.CreateSender(orders).SendMessagesAsync(
    [new ServiceBusMessage("ship it"), new ServiceBusMessage("pay for it")]);

var ada = client.CreateReceiver(orders);
var early = await ada.ReceiveMessageAsync();
await ada.DeferMessageAsync(early); // not before it is paid for

var payment = await ada.ReceiveMessageAsync();
await ada.CompleteMessageAsync(payment);
var shipment = await ada.ReceiveDeferredMessageAsync(early.SequenceNumber);
Console.WriteLine($"first: {payment.Body}");
Console.WriteLine($"then:  {shipment.Body}");
await ada.CompleteMessageAsync(shipment);

await admin.DeleteQueueAsync(orders);
