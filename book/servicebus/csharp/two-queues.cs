#:package Azure.Messaging.ServiceBus@7.21.0
using System.Transactions;
using Azure.Messaging.ServiceBus;
using Azure.Messaging.ServiceBus.Administration;

var connection = Environment.GetEnvironmentVariable("SERVICEBUS_CONNECTION_STRING")!;
var admin = new ServiceBusAdministrationClient(connection);
await using var client = new ServiceBusClient(connection); // not across entities

async Task<string> NewQueue(string what)
{
    var name = $"csharp.{what}.{Guid.NewGuid():N}"[..24];
    await admin.CreateQueueAsync(new CreateQueueOptions(name)
    {
        AutoDeleteOnIdle = TimeSpan.FromMinutes(5), // if this program is killed
    });
    return name;
}

var (orders, invoices) = (await NewQueue("orders"), await NewQueue("invoices"));
await client.CreateSender(orders).SendMessageAsync(new ServiceBusMessage("order 3"));
var receiver = client.CreateReceiver(orders);
var directly = client.CreateSender(invoices);

var order = await receiver.ReceiveMessageAsync();
try
{
    using var scope = new TransactionScope(TransactionScopeAsyncFlowOption.Enabled);
    await receiver.CompleteMessageAsync(order);
    await directly.SendMessageAsync(new ServiceBusMessage("invoice 3"));
    scope.Complete();
}
catch (InvalidOperationException error)
{
    Console.WriteLine(error.GetType().Name);
    Console.WriteLine(error.Message);
}

await admin.DeleteQueueAsync(orders);
await admin.DeleteQueueAsync(invoices);
