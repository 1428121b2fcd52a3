#:package Azure.Messaging.ServiceBus@7.21.0
using System.Transactions;
using Azure.Messaging.ServiceBus;
using Azure.Messaging.ServiceBus.Administration;

var connection = Environment.GetEnvironmentVariable("SERVICEBUS_CONNECTION_STRING")!;
var admin = new ServiceBusAdministrationClient(connection);
// The first queue that this client uses is the one that others are reached through.
await using var client = new ServiceBusClient(
    connection, new ServiceBusClientOptions { EnableCrossEntityTransactions = true });

async Task<string> NewQueue(string what)
{
    var name = $"csharp.{what}.{Guid.NewGuid():N}"[..24];
    await admin.CreateQueueAsync(new CreateQueueOptions(name)
    {
        LockDuration = TimeSpan.FromMinutes(1),
        AutoDeleteOnIdle = TimeSpan.FromMinutes(5), // if this program is killed
    });
    return name;
}

async Task<long> Active(string queue)
{
    QueueRuntimeProperties now = await admin.GetQueueRuntimePropertiesAsync(queue);
    return now.ActiveMessageCount;
}

var (orders, invoices) = (await NewQueue("orders"), await NewQueue("invoices"));
await client.CreateSender(orders).SendMessageAsync(new ServiceBusMessage("order 2"));
var receiver = client.CreateReceiver(orders);
var sender = client.CreateSender(invoices);

var order = await receiver.ReceiveMessageAsync();
var inside = (0L, 0L);
try
{
    using var scope = new TransactionScope(TransactionScopeAsyncFlowOption.Enabled);
    await receiver.CompleteMessageAsync(order);
    await sender.SendMessageAsync(new ServiceBusMessage("invoice 2"));
    inside = (await Active(orders), await Active(invoices));
    throw new ArgumentException("the customer has no address"); // so: rollback
}
catch (ArgumentException error)
{
    Console.WriteLine($"our program: {error.Message}");
}
var after = (await Active(orders), await Active(invoices));
Console.WriteLine($"seen from outside: orders, invoices = {inside}");
Console.WriteLine($"after rolling back: {after}");

// The same order, still locked for this receiver.
using (var scope = new TransactionScope(TransactionScopeAsyncFlowOption.Enabled))
{
    await receiver.CompleteMessageAsync(order);
    await sender.SendMessageAsync(new ServiceBusMessage("invoice 2"));
    scope.Complete();
}
while (await Active(invoices) == 0)
    await Task.Delay(50); // the transfer follows the commit
var committed = (await Active(orders), await Active(invoices));
Console.WriteLine($"after committing:   {committed}");

await admin.DeleteQueueAsync(orders);
await admin.DeleteQueueAsync(invoices);
