#:package Azure.Messaging.ServiceBus@7.21.0
using System.Transactions;
using Azure.Messaging.ServiceBus;
using Azure.Messaging.ServiceBus.Administration;

var connection = Environment.GetEnvironmentVariable("SERVICEBUS_CONNECTION_STRING")!;
var admin = new ServiceBusAdministrationClient(connection);
await using var client = new ServiceBusClient(connection);

var orders = $"csharp.limit.{Guid.NewGuid():N}"[..24];
await admin.CreateQueueAsync(new CreateQueueOptions(orders)
{
    AutoDeleteOnIdle = TimeSpan.FromMinutes(5), // if this program is killed
});
var sender = client.CreateSender(orders);

var number = 0;
try
{
    using var scope = new TransactionScope(TransactionScopeAsyncFlowOption.Enabled);
    for (number = 1; number < 200; number++)
        await sender.SendMessageAsync(new ServiceBusMessage("x"));
    scope.Complete();
}
catch (ServiceBusException error)
{
    Console.WriteLine($"message {number}: {error.GetType().Name}, {error.Reason}");
}

await admin.DeleteQueueAsync(orders);
