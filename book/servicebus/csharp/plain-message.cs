#:package Azure.Messaging.ServiceBus@7.21.0
using Azure.Messaging.ServiceBus;
using Azure.Messaging.ServiceBus.Administration;

var connection = Environment.GetEnvironmentVariable("SERVICEBUS_CONNECTION_STRING")!;
var admin = new ServiceBusAdministrationClient(connection);
await using var client = new ServiceBusClient(connection);

var steps = $"csharp.plain.{Guid.NewGuid():N}"[..24];
await admin.CreateQueueAsync(new CreateQueueOptions(steps)
{
    RequiresSession = true,
    AutoDeleteOnIdle = TimeSpan.FromMinutes(5), // if this program is killed
});
try
{
    await client.CreateSender(steps)
        .SendMessageAsync(new ServiceBusMessage("a plain message"));
}
catch (InvalidOperationException error)
{
    Console.WriteLine(error.GetType().Name);
}
await admin.DeleteQueueAsync(steps);
