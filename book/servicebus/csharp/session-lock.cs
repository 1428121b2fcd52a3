#:package Azure.Messaging.ServiceBus@7.21.0
using Azure.Messaging.ServiceBus;
using Azure.Messaging.ServiceBus.Administration;

var connection = Environment.GetEnvironmentVariable("SERVICEBUS_CONNECTION_STRING")!;
var admin = new ServiceBusAdministrationClient(connection);
await using var client = new ServiceBusClient(connection);
// No retries, so each refusal is seen at once; and 5 s for a free session.
await using var impatient = new ServiceBusClient(connection, new ServiceBusClientOptions
{
    RetryOptions = { TryTimeout = TimeSpan.FromSeconds(5), MaxRetries = 0 },
});

var steps = $"csharp.lock.{Guid.NewGuid():N}"[..24];
await admin.CreateQueueAsync(new CreateQueueOptions(steps)
{
    RequiresSession = true,
    LockDuration = TimeSpan.FromMinutes(1),
    AutoDeleteOnIdle = TimeSpan.FromMinutes(5), // if this program is killed
});
var sender = client.CreateSender(steps);

await sender.SendMessageAsync(new ServiceBusMessage("step 5") { SessionId = "Ina" });
var ada = await client.AcceptSessionAsync(steps, "Ina");
var held = await ada.ReceiveMessageAsync();
Console.WriteLine($"Ada has Ina's {held.Body}");

try
{
    await impatient.AcceptSessionAsync(steps, "Ina");
}
catch (ServiceBusException error)
{
    Console.WriteLine($"Ben asks for Ina:    {error.Reason}");
}

await sender.SendMessageAsync(new ServiceBusMessage("step 6") { SessionId = "Ina" });
try
{
    await impatient.AcceptNextSessionAsync(steps);
}
catch (ServiceBusException error)
{
    Console.WriteLine($"Ben asks for anyone: {error.Reason}");
}

var following = await ada.ReceiveMessageAsync();
Console.WriteLine($"Ada has Ina's {following.Body}");

var before = ada.SessionLockedUntil;
await ada.RenewSessionLockAsync();
var longer = ada.SessionLockedUntil - before;
Console.WriteLine($"the lock lasts {longer.TotalSeconds:F1} s longer now");
await ada.CompleteMessageAsync(held);
await ada.CompleteMessageAsync(following);
await ada.CloseAsync();

await admin.DeleteQueueAsync(steps);
