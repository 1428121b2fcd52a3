// One .NET client of `mq bench servicebus`, as _servicebus_client.py is for Python: connect, say `ready`, wait for a
// line, work, say `done`.
//
//   KIND CONNECTION-STRING QUEUE MESSAGES     KIND is batches, singles or receives
using Azure.Messaging.ServiceBus;

const int Batch = 100;
var body = new byte[1024];
var (kind, queue, messages) = (args[0], args[2], int.Parse(args[3]));
await using var client = new ServiceBusClient(args[1]);

async Task Measured(Func<Task> work)
{
    Console.WriteLine("ready");
    Console.ReadLine();
    await work();
    Console.WriteLine("done");
}

ServiceBusMessage Message() => new(body);

if (kind == "receives")
{
    await using var receiver = client.CreateReceiver(queue);
    await receiver.CompleteMessageAsync(await receiver.ReceiveMessageAsync());
    await Measured(async () =>
    {
        for (var left = messages; left > 0;)
        {
            var received = await receiver.ReceiveMessagesAsync(Math.Min(Batch, left), TimeSpan.FromSeconds(10));
            if (received.Count == 0) throw new InvalidOperationException($"{left} messages of {messages} did not come");
            foreach (var message in received) await receiver.CompleteMessageAsync(message);
            left -= received.Count;
        }
    });
    return;
}

await using var sender = client.CreateSender(queue);
await sender.SendMessageAsync(Message());
await Measured(async () =>
{
    if (kind == "batches")
    {
        for (var sent = 0; sent < messages; sent += Batch) await sender.SendMessagesAsync(Enumerable.Range(0, Batch).Select(_ => Message()));
    }
    else
    {
        for (var sent = 0; sent < messages; sent++) await sender.SendMessageAsync(Message());
    }
});
