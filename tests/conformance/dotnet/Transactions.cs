// Transactions: in one entity, across entities, what is refused.
using System.Transactions;
using Azure.Messaging.ServiceBus;

namespace Conformance;

[Cases("messaging")]
public static class Transactions
{
    static TransactionScope Scope() => new(TransactionScopeAsyncFlowOption.Enabled);

    public static async Task SendsCountWhenTheScopeIsCompleted()
    {
        var name = await Entities.Queue();
        var client = Entities.Client();
        var sender = client.CreateSender(name);
        var receiver = client.CreateReceiver(name);
        using (var scope = Scope())
        {
            await sender.SendMessagesAsync(Reading.Messages(3));
            Must.BeTrue(await receiver.IsEmpty(), "nothing is seen before the end");
            scope.Complete();
        }
        Must.BeTheSame(["0", "1", "2"], (await receiver.Take(3)).Bodies(), "what came");
    }

    public static async Task SendsAreUndone()
    {
        var name = await Entities.Queue();
        var client = Entities.Client();
        using (Scope()) await client.CreateSender(name).SendMessageAsync(new ServiceBusMessage("lost"));
        Must.BeTrue(await client.CreateReceiver(name).IsEmpty(), "the queue is empty");
    }

    public static async Task ACompletionIsUndone()
    {
        var name = await Entities.Queue();
        var client = Entities.Client();
        await client.CreateSender(name).SendMessageAsync(new ServiceBusMessage("one"));
        var receiver = client.CreateReceiver(name);
        var message = await receiver.ReceiveMessageAsync();
        using (Scope()) await receiver.CompleteMessageAsync(message);
        await receiver.AbandonMessageAsync(message);
        var again = await receiver.ReceiveMessageAsync();
        using (var scope = Scope())
        {
            await receiver.CompleteMessageAsync(again);
            scope.Complete();
        }
        Must.BeTrue(await receiver.IsEmpty(), "the queue is empty");
    }

    public static async Task SchedulingAndDeferringArePartOfIt()
    {
        var name = await Entities.Queue();
        var client = Entities.Client();
        var sender = client.CreateSender(name);
        var receiver = client.CreateReceiver(name);
        using (Scope()) await sender.ScheduleMessageAsync(new ServiceBusMessage("lost"), DateTimeOffset.UtcNow.AddHours(1));
        Must.BeTrue(await receiver.IsEmpty(), "nothing is scheduled");
        await sender.SendMessageAsync(new ServiceBusMessage("d"));
        var message = await receiver.ReceiveMessageAsync();
        using (var scope = Scope())
        {
            await receiver.DeferMessageAsync(message);
            scope.Complete();
        }
        var deferred = await receiver.ReceiveDeferredMessageAsync(message.SequenceNumber);
        using (var scope = Scope())
        {
            await receiver.CompleteMessageAsync(deferred);
            scope.Complete();
        }
        Must.BeTrue(await receiver.IsEmpty(), "the queue is empty");
    }

    public static async Task ASessionTakesPart()
    {
        var name = await Entities.SessionQueue();
        var client = Entities.Client();
        await client.CreateSender(name).SendMessagesAsync(Reading.Messages(1, "s"));
        await using var receiver = await client.AcceptSessionAsync(name, "s");
        var message = await receiver.ReceiveMessageAsync();
        using (var scope = Scope())
        {
            await receiver.CompleteMessageAsync(message);
            await receiver.SetSessionStateAsync(new BinaryData("done"));
            scope.Complete();
        }
        Must.Equal("done", (await receiver.GetSessionStateAsync()).ToString(), "the state");
        Must.BeTrue(await receiver.IsEmpty(), "the session is empty");
    }

    public static async Task AcrossEntitiesAMessageMovesOrStays()
    {
        var (from, to) = (await Entities.Queue(), await Entities.Queue());
        var client = Entities.Client(crossEntity: true);
        await using (var plain = new ServiceBusClient(Service.ConnectionString, Service.Options()))
        {
            await plain.CreateSender(from).SendMessagesAsync(Reading.Messages(2));
        }
        var receiver = client.CreateReceiver(from);
        var sender = client.CreateSender(to);
        var first = await receiver.ReceiveMessageAsync();
        using (var scope = Scope())
        {
            await receiver.CompleteMessageAsync(first);
            await sender.SendMessageAsync(new ServiceBusMessage(first));
            scope.Complete();
        }
        var second = await receiver.ReceiveMessageAsync();
        using (Scope())
        {
            await receiver.CompleteMessageAsync(second);
            await sender.SendMessageAsync(new ServiceBusMessage(second));
        }
        await receiver.AbandonMessageAsync(second);
        var other = Entities.Client();
        Must.BeTheSame(["0"], (await other.CreateReceiver(to).PeekMessagesAsync(5)).Bodies(), "what moved");
        Must.BeTheSame(["1"], (await other.CreateReceiver(from).PeekMessagesAsync(5)).Bodies(), "what stayed");
    }

    public static async Task AcrossEntitiesWithSeveralDestinationsAndATopic()
    {
        var (from, queue, topic) = (await Entities.Queue(), await Entities.Queue(), await Entities.Topic("s"));
        var other = Entities.Client();
        await other.CreateSender(from).SendMessageAsync(new ServiceBusMessage("x"));
        var client = Entities.Client(crossEntity: true);
        var receiver = client.CreateReceiver(from);
        var (toQueue, toTopic) = (client.CreateSender(queue), client.CreateSender(topic));
        var message = await receiver.ReceiveMessageAsync();
        using (var scope = Scope())
        {
            await toQueue.SendMessageAsync(new ServiceBusMessage(message));
            await toTopic.SendMessageAsync(new ServiceBusMessage(message));
            await receiver.CompleteMessageAsync(message);
            scope.Complete();
        }
        Must.BeTheSame(["x"], (await other.CreateReceiver(queue).PeekMessagesAsync(5)).Bodies(), "the queue");
        Must.BeTheSame(["x"], (await other.CreateReceiver(topic, "s").PeekMessagesAsync(5)).Bodies(), "the subscription");
        Must.BeTrue(await other.CreateReceiver(from).IsEmpty(), "the source is empty");
    }

    public static async Task TwoEntitiesWithoutTheOptionAreRefused()
    {
        var (one, two) = (await Entities.Queue(), await Entities.Queue());
        var client = Entities.Client();
        using var scope = Scope();
        await client.CreateSender(one).SendMessageAsync(new ServiceBusMessage("1"));
        await Must.Throw<InvalidOperationException>(() => client.CreateSender(two).SendMessageAsync(new ServiceBusMessage("2")));
    }

    public static async Task AProcessorMovesMessagesInATransaction()
    {
        var (from, to) = (await Entities.Queue(), await Entities.Queue());
        var other = Entities.Client();
        await other.CreateSender(from).SendMessagesAsync(Reading.Messages(5));
        var client = Entities.Client(crossEntity: true);
        await using var processor = client.CreateProcessor(from);
        var sender = client.CreateSender(to);
        processor.ProcessMessageAsync += async arguments =>
        {
            using var scope = Scope();
            await sender.SendMessageAsync(new ServiceBusMessage(arguments.Message));
            await arguments.CompleteMessageAsync(arguments.Message);
            scope.Complete();
        };
        processor.ProcessErrorAsync += _ => Task.CompletedTask;
        await processor.StartProcessingAsync();
        Must.BeTheSame(["0", "1", "2", "3", "4"], (await other.CreateReceiver(to).Take(5)).Bodies().Order(), "what moved");
        await processor.StopProcessingAsync();
        Must.BeTrue(await other.CreateReceiver(from).IsEmpty(), "the source is empty");
    }
}
