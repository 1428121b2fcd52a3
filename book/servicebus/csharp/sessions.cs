#:package Azure.Messaging.ServiceBus@7.21.0
using System.Collections.Concurrent;
using Azure.Messaging.ServiceBus;
using Azure.Messaging.ServiceBus.Administration;

var connection = Environment.GetEnvironmentVariable("SERVICEBUS_CONNECTION_STRING")!;
var admin = new ServiceBusAdministrationClient(connection);
await using var client = new ServiceBusClient(connection, new ServiceBusClientOptions
{
    // A worker waits up to 10 s for a free session.
    RetryOptions = { TryTimeout = TimeSpan.FromSeconds(10), MaxRetries = 0 },
});

var steps = $"csharp.sessions.{Guid.NewGuid():N}"[..24];
await admin.CreateQueueAsync(new CreateQueueOptions(steps)
{
    RequiresSession = true, // cannot be changed later
    LockDuration = TimeSpan.FromSeconds(30),
    AutoDeleteOnIdle = TimeSpan.FromMinutes(5), // if this program is killed
});

string[] customers = ["Ina", "Jan", "Kim"];
await client.CreateSender(steps).SendMessagesAsync(
    from number in Enumerable.Range(1, 4)
    from customer in customers
    select new ServiceBusMessage($"step {number}") { SessionId = customer });

var done = new ConcurrentQueue<(string By, string Whose, string Step)>();
var waiting = 0;
var bothHaveOne = new TaskCompletionSource();

async Task Work(string name)
{
    var first = true;
    while (done.Count < 12)
    {
        try
        {
            await using var session = await client.AcceptNextSessionAsync(steps);
            if (first) // wait until the other worker has a session as well
            {
                if (Interlocked.Increment(ref waiting) == 2)
                    bothHaveOne.SetResult();
                await bothHaveOne.Task.WaitAsync(TimeSpan.FromMinutes(1));
                first = false;
            }
            var wait = TimeSpan.FromSeconds(2);
            foreach (var message in await session.ReceiveMessagesAsync(10, wait))
            {
                await Task.Delay(50); // the work
                done.Enqueue((name, message.SessionId, message.Body.ToString()));
                await session.CompleteMessageAsync(message);
            }
        }
        catch (ServiceBusException error)
            when (error.Reason == ServiceBusFailureReason.ServiceTimeout)
        {
            // no session is free just now
        }
    }
}

await Task.WhenAll(Work("Ada"), Work("Ben"));

foreach (var customer in customers)
{
    var its = done.Where(each => each.Whose == customer).ToArray();
    var by = its.Select(each => each.By).Distinct().Order();
    Console.WriteLine($"{customer}: {string.Join(", ", its.Select(each => each.Step))}"
        + $"   done by {string.Join(", ", by)}");
}
await admin.DeleteQueueAsync(steps);
