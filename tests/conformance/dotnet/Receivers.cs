// Receiving: settlement in every way, peeking, renewal, deferring, batch delete, closed receivers.
using Azure.Messaging.ServiceBus;

namespace Conformance;

[Cases("messaging")]
public static class Receivers
{
    static async Task<(ServiceBusClient Client, ServiceBusReceiver Receiver, string Name)> Filled(int count, double lockSeconds = 60, ServiceBusReceiveMode mode = ServiceBusReceiveMode.PeekLock)
    {
        var name = await Entities.Queue(options => options.LockDuration = TimeSpan.FromSeconds(lockSeconds));
        var client = Entities.Client();
        if (count > 0) await client.CreateSender(name).SendMessagesAsync(Reading.Messages(count));
        return (client, client.CreateReceiver(name, new ServiceBusReceiverOptions { ReceiveMode = mode }), name);
    }

    static ServiceBusReceiver Dead(ServiceBusClient client, string name) =>
        client.CreateReceiver(name, new ServiceBusReceiverOptions { SubQueue = SubQueue.DeadLetter });

    public static async Task CompletedIsGone()
    {
        var (_, receiver, _) = await Filled(3);
        foreach (var message in await receiver.Take(3)) await receiver.CompleteMessageAsync(message);
        Must.BeTrue(await receiver.IsEmpty(), "the queue is empty");
    }

    public static async Task ReceiveAndDeleteLeavesNothing()
    {
        var (_, receiver, _) = await Filled(20, mode: ServiceBusReceiveMode.ReceiveAndDelete);
        Must.Equal(20, (await receiver.Take(20)).Count, "how many came");
        Must.BeTrue(await receiver.IsEmpty(), "the queue is empty");
    }

    public static async Task AbandonedComesAgainWithItsChanges()
    {
        var (_, receiver, _) = await Filled(1);
        await receiver.AbandonMessageAsync(await receiver.ReceiveMessageAsync(), new Dictionary<string, object> { ["why"] = "again" });
        var second = await receiver.ReceiveMessageAsync();
        Must.Equal((2, "again"), (second.DeliveryCount, (string)second.ApplicationProperties["why"]), "the second delivery");
    }

    public static async Task TheLimitOfDeliveriesDeadLetters()
    {
        var name = await Entities.Queue(options => options.MaxDeliveryCount = 2);
        var client = Entities.Client();
        await client.CreateSender(name).SendMessageAsync(new ServiceBusMessage("poison"));
        var receiver = client.CreateReceiver(name);
        for (var turn = 0; turn < 2; turn++) await receiver.AbandonMessageAsync(await receiver.ReceiveMessageAsync());
        Must.Equal("MaxDeliveryCountExceeded", (await Dead(client, name).ReceiveMessageAsync()).DeadLetterReason, "the reason");
    }

    public static async Task DeadLetteredKeepsReasonDescriptionAndNumber()
    {
        var (client, receiver, name) = await Filled(1);
        var message = await receiver.ReceiveMessageAsync();
        await receiver.DeadLetterMessageAsync(message, new Dictionary<string, object> { ["own"] = 7 }, "bad", "no customer");
        var dead = await Dead(client, name).ReceiveMessageAsync();
        Must.Equal(("bad", "no customer", 7), (dead.DeadLetterReason, dead.DeadLetterErrorDescription, (int)dead.ApplicationProperties["own"]), "what was said");
        Must.Equal(message.SequenceNumber, dead.SequenceNumber, "the sequence number");
    }

    public static async Task DeferredIsReceivedByItsNumber()
    {
        var (_, receiver, _) = await Filled(2);
        var messages = await receiver.Take(2);
        foreach (var each in messages) await receiver.DeferMessageAsync(each);
        Must.Equal(null, await receiver.ReceiveMessageAsync(TimeSpan.FromMilliseconds(500)), "what a plain receive finds");
        var peeked = await receiver.PeekMessagesAsync(2);
        Must.BeTrue(peeked.All(each => each.State == ServiceBusMessageState.Deferred), "their state");
        var deferred = await receiver.ReceiveDeferredMessagesAsync(messages.Select(each => each.SequenceNumber));
        Must.BeTheSame(["0", "1"], deferred.Bodies(), "what came");
        foreach (var each in deferred) await receiver.CompleteMessageAsync(each);
        await Must.Fail(ServiceBusFailureReason.MessageNotFound, () => receiver.ReceiveDeferredMessageAsync(messages[0].SequenceNumber));
    }

    public static async Task PeekingTakesNothingAndGoesOn()
    {
        var (_, receiver, _) = await Filled(5);
        Must.BeTheSame(["0", "1", "2"], (await receiver.PeekMessagesAsync(3)).Bodies(), "the first peek");
        Must.BeTheSame(["3", "4"], (await receiver.PeekMessagesAsync(3)).Bodies(), "the second");
        Must.Equal(0, (await receiver.PeekMessagesAsync(3)).Count, "the third");
        Must.Equal(1, (await receiver.ReceiveMessageAsync()).DeliveryCount, "deliveries that peeking counted");
    }

    public static async Task ARenewedLockLasts()
    {
        var (client, receiver, _) = await Filled(1, lockSeconds: 5);
        var message = await receiver.ReceiveMessageAsync();
        var first = message.LockedUntil;
        await receiver.RenewMessageLockAsync(message);
        Must.BeTrue(message.LockedUntil > first, "the lock ends later");
        await receiver.CompleteMessageAsync(message);
    }

    public static async Task AnExpiredLockIsLost()
    {
        var (client, receiver, name) = await Filled(1, lockSeconds: 5);
        var message = await receiver.ReceiveMessageAsync();
        // the other receiver gets it as soon as the lock has ended, whenever that is
        var again = await client.CreateReceiver(name).ReceiveMessageAsync(TimeSpan.FromSeconds(60));
        Must.Equal(2, again.DeliveryCount, "the deliveries");
        await Must.Fail(ServiceBusFailureReason.MessageLockLost, () => receiver.CompleteMessageAsync(message));
        await Must.Fail(ServiceBusFailureReason.MessageLockLost, () => receiver.RenewMessageLockAsync(message));
    }

    public static async Task ASettledMessageIsNotSettledTwice()
    {
        var (_, receiver, _) = await Filled(1);
        var message = await receiver.ReceiveMessageAsync();
        await receiver.CompleteMessageAsync(message);
        await Must.Fail(ServiceBusFailureReason.MessageLockLost, () => receiver.AbandonMessageAsync(message));
    }

    public static async Task AnotherReceiverMaySettle()
    {
        var (client, receiver, name) = await Filled(1);
        var message = await receiver.ReceiveMessageAsync();
        await receiver.CloseAsync();
        var other = client.CreateReceiver(name);
        await other.CompleteMessageAsync(message);
        Must.BeTrue(await other.IsEmpty(), "the queue is empty");
    }

    public static async Task AnExpiredMessageIsDeadLettered()
    {
        var name = await Entities.Queue(options => options.DeadLetteringOnMessageExpiration = true);
        var client = Entities.Client();
        await client.CreateSender(name).SendMessageAsync(new ServiceBusMessage("short") { TimeToLive = TimeSpan.FromMilliseconds(200) });
        var dead = await Dead(client, name).ReceiveMessageAsync(TimeSpan.FromSeconds(60));
        Must.Equal("TTLExpiredException", dead.DeadLetterReason, "the reason");
    }

    public static async Task PrefetchedMessagesAreLockedFromTheirArrival()
    {
        var (client, _, name) = await Filled(10);
        var receiver = client.CreateReceiver(name, new ServiceBusReceiverOptions { PrefetchCount = 20 });
        var messages = await receiver.Take(10);
        Must.Equal(10, messages.Count, "how many came");
        foreach (var each in messages) await receiver.CompleteMessageAsync(each);
        Must.BeTrue(await receiver.IsEmpty(), "the queue is empty");
    }

    public static async Task MessagesAreStreamed()
    {
        var (_, receiver, _) = await Filled(12);
        var bodies = new List<string>();
        await foreach (var message in receiver.ReceiveMessagesAsync())
        {
            bodies.Add(message.Body.ToString());
            await receiver.CompleteMessageAsync(message);
            if (bodies.Count == 12) break;
        }
        Must.BeTheSame(Enumerable.Range(0, 12).Select(each => $"{each}"), bodies, "the stream");
    }

    public static async Task AnEmptyQueueAnswersInTime()
    {
        var (_, receiver, _) = await Filled(0);
        Must.Equal(null, await receiver.ReceiveMessageAsync(TimeSpan.FromMilliseconds(300)), "what came");
        using var cancelled = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
        await Must.Throw<TaskCanceledException>(() => receiver.ReceiveMessageAsync(TimeSpan.FromMinutes(1), cancelled.Token));
    }

    public static async Task WhatIsForwardedArrives()
    {
        var target = await Entities.Queue();
        var source = await Entities.Queue(options => options.ForwardTo = target);
        var client = Entities.Client();
        await client.CreateSender(source).SendMessageAsync(new ServiceBusMessage("on"));
        Must.Equal("on", (await client.CreateReceiver(target).ReceiveMessageAsync()).Body.ToString(), "what came");
    }
}
