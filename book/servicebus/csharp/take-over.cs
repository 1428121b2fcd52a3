#:package Azure.Messaging.ServiceBus@7.21.0
using Azure.Messaging.ServiceBus;
using Azure.Messaging.ServiceBus.Administration;

var connection = Environment.GetEnvironmentVariable("SERVICEBUS_CONNECTION_STRING")!;
var admin = new ServiceBusAdministrationClient(connection);
await using var client = new ServiceBusClient(connection);

var steps = $"csharp.take.{Guid.NewGuid():N}"[..24];
await admin.CreateQueueAsync(new CreateQueueOptions(steps)
{
    RequiresSession = true,
    LockDuration = TimeSpan.FromMinutes(1),
    AutoDeleteOnIdle = TimeSpan.FromMinutes(5), // if this program is killed
});
await client.CreateSender(steps)
    .SendMessageAsync(new ServiceBusMessage("step 1") { SessionId = "Ina" });

var ada = await client.AcceptSessionAsync(
    steps,
    "Ina",
    new ServiceBusSessionReceiverOptions { EnableNonExclusiveSession = true });
var step = await ada.ReceiveMessageAsync();
Console.WriteLine($"Ada has Ina's {step.Body}");

// A program that has the token may take the session over before Ada's lock expires.
var ben = await client.AcceptSessionAsync(
    steps,
    "Ina",
    new ServiceBusSessionReceiverOptions
    {
        EnableNonExclusiveSession = true,
        SessionLockToken = Guid.Parse(ada.SessionLockToken),
    });
Console.WriteLine($"Ben asks for Ina: has {ben.SessionId}");
await ben.CompleteMessageAsync(step);
Console.WriteLine($"Ben completes {step.Body}");
try
{
    await ada.RenewSessionLockAsync();
}
catch (Exception error)
    when (error is ServiceBusException or ObjectDisposedException)
{
    Console.WriteLine("Ada renews the lock: refused");
}

await ben.CloseAsync();
await admin.DeleteQueueAsync(steps);
