// Processors: concurrency, completing by themselves, failing handlers, sessions, stopping.
using Azure.Messaging.ServiceBus;

namespace Conformance;

[Cases("messaging")]
public static class Processors
{
    /// <summary>Says when something was seen as often as expected.</summary>
    sealed class Count(int expected)
    {
        readonly TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        int seen;

        public int Seen => seen;

        public void One()
        {
            if (Interlocked.Increment(ref seen) >= expected) reached.TrySetResult();
        }

        public Task Reached => reached.Task.WaitAsync(TimeSpan.FromSeconds(60));
    }

    public static async Task EveryMessageIsProcessedAndCompleted()
    {
        var name = await Entities.Queue();
        var client = Entities.Client();
        await client.CreateSender(name).SendMessagesAsync(Reading.Messages(30));
        await using var processor = client.CreateProcessor(name, new ServiceBusProcessorOptions { MaxConcurrentCalls = 5 });
        var all = new Count(30);
        processor.ProcessMessageAsync += arguments => { all.One(); return Task.CompletedTask; };
        processor.ProcessErrorAsync += _ => Task.CompletedTask;
        await processor.StartProcessingAsync();
        await all.Reached;
        await processor.StopProcessingAsync();
        Must.Equal(30, all.Seen, "how often the handler ran");
        Must.BeTrue(await client.CreateReceiver(name).IsEmpty(), "the queue is empty");
    }

    public static async Task AHandlerThatFailsIsToldAndTriedAgain()
    {
        var name = await Entities.Queue(options => options.MaxDeliveryCount = 3);
        var client = Entities.Client();
        await client.CreateSender(name).SendMessageAsync(new ServiceBusMessage("poison"));
        await using var processor = client.CreateProcessor(name);
        var errors = new Count(3);
        processor.ProcessMessageAsync += _ => throw new FormatException("on purpose");
        processor.ProcessErrorAsync += arguments =>
        {
            if (arguments.Exception is FormatException && arguments.ErrorSource == ServiceBusErrorSource.ProcessMessageCallback) errors.One();
            return Task.CompletedTask;
        };
        await processor.StartProcessingAsync();
        await errors.Reached;
        var dead = client.CreateReceiver(name, new ServiceBusReceiverOptions { SubQueue = SubQueue.DeadLetter });
        Must.Equal("MaxDeliveryCountExceeded", (await dead.ReceiveMessageAsync(TimeSpan.FromSeconds(30))).DeadLetterReason, "the reason");
        await processor.StopProcessingAsync();
    }

    public static async Task ALongHandlerKeepsItsLock()
    {
        var name = await Entities.Queue(options => options.LockDuration = TimeSpan.FromSeconds(30));
        var client = Entities.Client();
        await client.CreateSender(name).SendMessageAsync(new ServiceBusMessage("long"));
        await using var processor = client.CreateProcessor(name);
        var done = new Count(1);
        DateTimeOffset first = default, later = default;
        processor.ProcessMessageAsync += async arguments =>
        {
            first = arguments.Message.LockedUntil;
            // the processor renews by itself: until the lock that is shown has moved on
            while (arguments.Message.LockedUntil <= first) await Task.Delay(50, arguments.CancellationToken);
            later = arguments.Message.LockedUntil;
            await arguments.CompleteMessageAsync(arguments.Message);
            done.One();
        };
        processor.ProcessErrorAsync += _ => Task.CompletedTask;
        await processor.StartProcessingAsync();
        await done.Reached;
        await processor.StopProcessingAsync();
        Must.BeTrue(later > first, "the lock went on");
        Must.BeTrue(await client.CreateReceiver(name).IsEmpty(), "the queue is empty");
    }

    public static async Task SettlingInTheHandlerCounts()
    {
        var name = await Entities.Queue();
        var client = Entities.Client();
        await client.CreateSender(name).SendMessagesAsync(Reading.Messages(4));
        await using var processor = client.CreateProcessor(name, new ServiceBusProcessorOptions { AutoCompleteMessages = false });
        var all = new Count(4);
        processor.ProcessMessageAsync += async arguments =>
        {
            var message = arguments.Message;
            switch (message.Body.ToString())
            {
                case "0": await arguments.CompleteMessageAsync(message); break;
                case "1": await arguments.DeadLetterMessageAsync(message, "bad"); break;
                case "2": await arguments.DeferMessageAsync(message); break;
                default: await arguments.CompleteMessageAsync(message); break;
            }
            all.One();
        };
        processor.ProcessErrorAsync += _ => Task.CompletedTask;
        await processor.StartProcessingAsync();
        await all.Reached;
        await processor.StopProcessingAsync();
        var left = await client.CreateReceiver(name).PeekMessagesAsync(10);
        Must.BeTheSame(["2:Deferred"], left.Select(each => $"{each.Body}:{each.State}"), "what is left");
    }

    public static async Task SessionsAreProcessedInOrder()
    {
        var name = await Entities.SessionQueue();
        var client = Entities.Client();
        var sender = client.CreateSender(name);
        foreach (var session in new[] { "a", "b", "c" }) await sender.SendMessagesAsync(Reading.Messages(5, session));
        var seen = new Dictionary<string, List<string>>();
        var all = new Count(15);
        await using var processor = client.CreateSessionProcessor(name, new ServiceBusSessionProcessorOptions
        {
            MaxConcurrentSessions = 2, SessionIdleTimeout = TimeSpan.FromSeconds(1),
        });
        processor.ProcessMessageAsync += arguments =>
        {
            lock (seen)
            {
                if (!seen.TryGetValue(arguments.SessionId, out var bodies)) seen[arguments.SessionId] = bodies = [];
                bodies.Add(arguments.Message.Body.ToString());
            }
            all.One();
            return Task.CompletedTask;
        };
        processor.ProcessErrorAsync += _ => Task.CompletedTask;
        await processor.StartProcessingAsync();
        await all.Reached;
        await processor.StopProcessingAsync();
        foreach (var session in new[] { "a", "b", "c" }) Must.BeTheSame(["0", "1", "2", "3", "4"], seen[session], $"the order of {session}");
    }

    public static async Task ASessionIsOpenedAndClosedWithItsState()
    {
        var name = await Entities.SessionQueue();
        var client = Entities.Client();
        await client.CreateSender(name).SendMessagesAsync(Reading.Messages(1, "s"));
        await using var processor = client.CreateSessionProcessor(name, new ServiceBusSessionProcessorOptions { SessionIds = { "s" } });
        var (opened, closed, handled) = (new Count(1), new Count(1), new Count(1));
        processor.SessionInitializingAsync += async arguments => { await arguments.SetSessionStateAsync(new BinaryData("open")); opened.One(); };
        processor.SessionClosingAsync += arguments => { closed.One(); return Task.CompletedTask; };
        processor.ProcessMessageAsync += async arguments =>
        {
            Must.Equal("open", (await arguments.GetSessionStateAsync()).ToString(), "the state");
            await arguments.CompleteMessageAsync(arguments.Message);
            arguments.ReleaseSession();
            handled.One();
        };
        processor.ProcessErrorAsync += _ => Task.CompletedTask;
        await processor.StartProcessingAsync();
        await Task.WhenAll(opened.Reached, handled.Reached, closed.Reached);
        await processor.StopProcessingAsync();
    }

    public static async Task AStoppedProcessorTakesNothingMore()
    {
        var name = await Entities.Queue();
        var client = Entities.Client();
        var processor = client.CreateProcessor(name);
        var one = new Count(1);
        processor.ProcessMessageAsync += _ => { one.One(); return Task.CompletedTask; };
        processor.ProcessErrorAsync += _ => Task.CompletedTask;
        await processor.StartProcessingAsync();
        var sender = client.CreateSender(name);
        await sender.SendMessageAsync(new ServiceBusMessage("first"));
        await one.Reached;
        // only a closed one takes its credit back: one that was stopped may still be handed a message
        await processor.CloseAsync();
        await sender.SendMessageAsync(new ServiceBusMessage("second"));
        Must.Equal("second", (await client.CreateReceiver(name).ReceiveMessageAsync()).Body.ToString(), "what another receiver gets");
    }

    public static async Task ASubscriptionIsProcessed()
    {
        var topic = await Entities.Topic("s");
        var client = Entities.Client();
        await using var processor = client.CreateProcessor(topic, "s");
        var all = new Count(3);
        processor.ProcessMessageAsync += _ => { all.One(); return Task.CompletedTask; };
        processor.ProcessErrorAsync += _ => Task.CompletedTask;
        await processor.StartProcessingAsync();
        await client.CreateSender(topic).SendMessagesAsync(Reading.Messages(3));
        await all.Reached;
        await processor.StopProcessingAsync();
    }
}
