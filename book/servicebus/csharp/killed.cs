#:package Azure.Messaging.ServiceBus@7.21.0
using System.Diagnostics;
using Azure.Messaging.ServiceBus;
using Azure.Messaging.ServiceBus.Administration;

var connection = Environment.GetEnvironmentVariable("SERVICEBUS_CONNECTION_STRING")!;
await using var client = new ServiceBusClient(connection);

if (args is ["worker", var itsQueue, var itsMode]) // this program is the worker
{
    var receiver = client.CreateReceiver(itsQueue, new ServiceBusReceiverOptions
    {
        ReceiveMode = Enum.Parse<ServiceBusReceiveMode>(itsMode),
    });
    var message = await receiver.ReceiveMessageAsync();
    Console.WriteLine($"working on {message.Body}");
    await Task.Delay(TimeSpan.FromMinutes(10)); // far longer than this worker will live
    await receiver.CompleteMessageAsync(message);
    return;
}

var admin = new ServiceBusAdministrationClient(connection);
var run = Guid.NewGuid().ToString("N")[..6];

async Task<string> QueueWithAnInvoice(string what)
{
    var queue = $"csharp.{what}.{run}";
    await admin.CreateQueueAsync(new CreateQueueOptions(queue)
    {
        LockDuration = TimeSpan.FromSeconds(5),
        AutoDeleteOnIdle = TimeSpan.FromMinutes(5), // if this program is killed
    });
    var invoice = new ServiceBusMessage("invoice 7");
    await client.CreateSender(queue).SendMessageAsync(invoice);
    return queue;
}

async Task<string> Counts(string queue)
{
    QueueRuntimeProperties now = await admin.GetQueueRuntimePropertiesAsync(queue);
    return $"active: {now.ActiveMessageCount}, "
        + $"dead letters: {now.DeadLetterMessageCount}";
}

async Task KillAtWork(string queue, ServiceBusReceiveMode mode)
{
    // The same program again, as the worker: alone, or as a file that `dotnet` runs.
    var program = Environment.ProcessPath!;
    var itself = Path.GetFileNameWithoutExtension(program) == "dotnet"
        ? Environment.GetCommandLineArgs()[..1]
        : [];
    string[] words = [.. itself, "worker", queue, mode.ToString()];
    var start = new ProcessStartInfo(program, words) { RedirectStandardOutput = true };
    using var worker = Process.Start(start)!;
    Console.WriteLine($"{mode}: {await worker.StandardOutput.ReadLineAsync()}");
    worker.Kill(); // kill -9
    await worker.WaitForExitAsync();
}

var deleted = await QueueWithAnInvoice("deleted");
await KillAtWork(deleted, ServiceBusReceiveMode.ReceiveAndDelete);
Console.WriteLine($"after receive-and-delete: {await Counts(deleted)}");

var locked = await QueueWithAnInvoice("locked");
await KillAtWork(locked, ServiceBusReceiveMode.PeekLock);
var sinceDeath = Stopwatch.StartNew();
Console.WriteLine($"after peek-lock:          {await Counts(locked)}");

var other = client.CreateReceiver(locked);
var back = await other.ReceiveMessageAsync();
Console.WriteLine($"{back.Body} was delivered again "
    + $"{sinceDeath.Elapsed.TotalSeconds:F1} s after the kill,");
Console.WriteLine($"with delivery count {back.DeliveryCount}");
await other.CompleteMessageAsync(back);

await admin.DeleteQueueAsync(deleted);
await admin.DeleteQueueAsync(locked);
