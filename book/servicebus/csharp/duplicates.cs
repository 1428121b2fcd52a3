#:package Azure.Messaging.ServiceBus@7.21.0
using Azure.Messaging.ServiceBus;
using Azure.Messaging.ServiceBus.Administration;

var connection = Environment.GetEnvironmentVariable("SERVICEBUS_CONNECTION_STRING")!;
var admin = new ServiceBusAdministrationClient(connection);
await using var client = new ServiceBusClient(connection);

var payments = $"csharp.payments.{Guid.NewGuid():N}"[..24];
await admin.CreateQueueAsync(new CreateQueueOptions(payments)
{
    RequiresDuplicateDetection = true,
    AutoDeleteOnIdle = TimeSpan.FromMinutes(5), // if this program is killed
});
var shop = client.CreateSender(payments);
var payee = client.CreateReceiver(payments);

async Task<string> Counts()
{
    QueueRuntimeProperties now = await admin.GetQueueRuntimePropertiesAsync(payments);
    return $"active: {now.ActiveMessageCount}, "
        + $"dead letters: {now.DeadLetterMessageCount}";
}

ServiceBusMessage Payment(string body) => new(body) { MessageId = "pay-17" };

await shop.SendMessageAsync(Payment("pay 10"));
await shop.SendMessageAsync(Payment("pay 20"));
Console.WriteLine($"after the second send: {await Counts()}");

var message = await payee.ReceiveMessageAsync();
await payee.CompleteMessageAsync(message);
await shop.SendMessageAsync(Payment("pay 10"));
Console.WriteLine($"received:              {message.Body}");
Console.WriteLine($"after the third send:  {await Counts()}");

await admin.DeleteQueueAsync(payments);
