#:package Azure.Messaging.ServiceBus@7.21.0
using System.Diagnostics;
using Azure.Messaging.ServiceBus;
using Azure.Messaging.ServiceBus.Administration;

var connection = Environment.GetEnvironmentVariable("SERVICEBUS_CONNECTION_STRING")!;
await using var client = new ServiceBusClient(connection);

if (args is ["worker", var itsQueue, var basket, var diesAt])
{
    await using var session = await client.AcceptSessionAsync(itsQueue, basket);
    // The state is the sum, and the sequence number of the last item that is in it.
    var state = (await session.GetSessionStateAsync())?.ToString() ?? "0 0";
    var (sum, last) = (int.Parse(state.Split()[0]), long.Parse(state.Split()[1]));
    Console.WriteLine($"starts with {sum}");
    var wait = TimeSpan.FromSeconds(2);
    while (await session.ReceiveMessageAsync(wait) is { } message)
    {
        var item = message.Subject;
        if (message.SequenceNumber > last)
        {
            sum += int.Parse(message.Body.ToString());
            last = message.SequenceNumber;
            await session.SetSessionStateAsync(new BinaryData($"{sum} {last}"));
        }
        else
            Console.WriteLine($"{item} is in the sum already");
        if (item == diesAt)
        {
            Console.WriteLine("between state and complete");
            await Task.Delay(TimeSpan.FromMinutes(10)); // it is killed here
        }
        await session.CompleteMessageAsync(message);
    }
    Console.WriteLine($"sum: {sum}");
    return;
}

var admin = new ServiceBusAdministrationClient(connection);
var steps = $"csharp.basket.{Guid.NewGuid():N}"[..24];
await admin.CreateQueueAsync(new CreateQueueOptions(steps)
{
    RequiresSession = true,
    LockDuration = TimeSpan.FromSeconds(30),
    AutoDeleteOnIdle = TimeSpan.FromMinutes(5), // if this program is killed
});
var sender = client.CreateSender(steps);
foreach (var (name, price) in new[] { ("bread", 3), ("cheese", 8), ("olives", 5) })
    await sender.SendMessageAsync(new ServiceBusMessage($"{price}")
    {
        Subject = name,
        SessionId = "basket 9",
    });

Process Start(string diesAt)
{
    // The same program again, as the worker: alone, or as a file that `dotnet` runs.
    var program = Environment.ProcessPath!;
    var itself = Path.GetFileNameWithoutExtension(program) == "dotnet"
        ? Environment.GetCommandLineArgs()[..1]
        : [];
    string[] words = [.. itself, "worker", steps, "basket 9", diesAt];
    var start = new ProcessStartInfo(program, words) { RedirectStandardOutput = true };
    return Process.Start(start)!;
}

using var first = Start(diesAt: "cheese");
while (await first.StandardOutput.ReadLineAsync() is { } line)
{
    Console.WriteLine($"first:  {line}");
    if (line.StartsWith("between"))
        break;
}
first.Kill(); // kill -9
await first.WaitForExitAsync();

using var second = Start(diesAt: "nobody");
while (await second.StandardOutput.ReadLineAsync() is { } line)
    Console.WriteLine($"second: {line}");
await second.WaitForExitAsync();

await admin.DeleteQueueAsync(steps);
