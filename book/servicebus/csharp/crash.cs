#:package Azure.Messaging.ServiceBus@7.21.0
using System.Diagnostics;
using System.Transactions;
using Azure.Messaging.ServiceBus;
using Azure.Messaging.ServiceBus.Administration;

var connection = Environment.GetEnvironmentVariable("SERVICEBUS_CONNECTION_STRING")!;

if (args is ["worker", var how, var itsOrders, var itsInvoices, var dies])
{
    var together = how == "transaction";
    await using var itsClient = new ServiceBusClient(
        connection,
        new ServiceBusClientOptions { EnableCrossEntityTransactions = together });
    var receiver = itsClient.CreateReceiver(itsOrders);
    var sender = itsClient.CreateSender(itsInvoices);
    var order = await receiver.ReceiveMessageAsync();
    using (var scope = together
        ? new TransactionScope(TransactionScopeAsyncFlowOption.Enabled)
        : null)
    {
        var invoice = new ServiceBusMessage($"invoice for {order.Body}");
        await sender.SendMessageAsync(invoice);
        if (dies == "dies")
        {
            Console.WriteLine("sent, not yet completed");
            Thread.Sleep(TimeSpan.FromMinutes(10)); // it is killed here
        }
        await receiver.CompleteMessageAsync(order);
        scope?.Complete(); // without this line: rollback
    }
    return;
}

var admin = new ServiceBusAdministrationClient(connection);
await using var client = new ServiceBusClient(connection);
var run = Guid.NewGuid().ToString("N")[..6];

async Task<string> NewQueue(string what)
{
    var name = $"csharp.{what}.{run}";
    await admin.CreateQueueAsync(new CreateQueueOptions(name)
    {
        LockDuration = TimeSpan.FromSeconds(5),
        AutoDeleteOnIdle = TimeSpan.FromMinutes(5), // if this program is killed
    });
    return name;
}

async Task<long> Active(string queue)
{
    QueueRuntimeProperties now = await admin.GetQueueRuntimePropertiesAsync(queue);
    return now.ActiveMessageCount;
}

Process Start(string how, string orders, string invoices, string dies)
{
    // The same program again, as the worker: alone, or as a file that `dotnet` runs.
    var program = Environment.ProcessPath!;
    var itself = Path.GetFileNameWithoutExtension(program) == "dotnet"
        ? Environment.GetCommandLineArgs()[..1]
        : [];
    string[] words = [.. itself, "worker", how, orders, invoices, dies];
    var start = new ProcessStartInfo(program, words) { RedirectStandardOutput = true };
    return Process.Start(start)!;
}

var found = new List<string>();
foreach (var way in new[] { "plain", "transaction" })
{
    var (orders, invoices) =
        (await NewQueue($"{way}.orders"), await NewQueue($"{way}.invoices"));
    await client.CreateSender(orders)
        .SendMessageAsync(new ServiceBusMessage("order 1"));
    using var worker = Start(way, orders, invoices, "dies");
    Console.WriteLine($"{way,-12} {await worker.StandardOutput.ReadLineAsync()}");
    worker.Kill(); // kill -9
    await worker.WaitForExitAsync();
    Console.WriteLine($"{"",-12} invoices now: {await Active(invoices)}");

    using var other = Start(way, orders, invoices, "lives"); // it waits for the lock
    await other.WaitForExitAsync();
    found.Add($"{way}: {await Active(invoices)}");
    await admin.DeleteQueueAsync(orders);
    await admin.DeleteQueueAsync(invoices);
}
Console.WriteLine($"invoices in the end: {string.Join(", ", found)}");
