// Sessions: accepting, order, state, locks that are renewed and that end.
using Azure.Messaging.ServiceBus;

namespace Conformance;

[Cases("messaging")]
public static class Sessions
{
    public static async Task ASessionKeepsItsOrder()
    {
        var name = await Entities.SessionQueue();
        var client = Entities.Client();
        var sender = client.CreateSender(name);
        foreach (var message in Reading.Messages(6))
        {
            message.SessionId = int.Parse(message.Body.ToString()) % 2 == 0 ? "even" : "odd";
            await sender.SendMessageAsync(message);
        }
        await using var odd = await client.AcceptSessionAsync(name, "odd");
        Must.BeTheSame(["1", "3", "5"], (await odd.Take(3)).Bodies(), "the odd ones");
        await using var even = await client.AcceptSessionAsync(name, "even");
        Must.BeTheSame(["0", "2", "4"], (await even.Take(3)).Bodies(), "the even ones");
    }

    public static async Task TheNextFreeSessionIsGiven()
    {
        var name = await Entities.SessionQueue();
        var client = Entities.Client();
        await client.CreateSender(name).SendMessagesAsync([.. Reading.Messages(1, "a"), .. Reading.Messages(1, "b")]);
        await using var first = await client.AcceptNextSessionAsync(name);
        await using var second = await client.AcceptNextSessionAsync(name);
        Must.BeTheSame(["a", "b"], new[] { first.SessionId, second.SessionId }.Order(), "the two sessions");
    }

    public static async Task ASessionThatIsHeldIsRefused()
    {
        var name = await Entities.SessionQueue();
        var client = Entities.Client();
        await using var holder = await client.AcceptSessionAsync(name, "s");
        await Must.Fail(ServiceBusFailureReason.SessionCannotBeLocked, () => client.AcceptSessionAsync(name, "s"));
        await holder.CloseAsync();
        await using var next = await client.AcceptSessionAsync(name, "s");
        Must.Equal("s", next.SessionId, "the session, once let go");
    }

    public static async Task StateIsKeptAndCleared()
    {
        var name = await Entities.SessionQueue();
        var client = Entities.Client();
        await using (var first = await client.AcceptSessionAsync(name, "s"))
        {
            Must.Equal(null, await first.GetSessionStateAsync(), "the state before any was set");
            await first.SetSessionStateAsync(new BinaryData("half way"));
        }
        await using var second = await client.AcceptSessionAsync(name, "s");
        Must.Equal("half way", (await second.GetSessionStateAsync()).ToString(), "the state");
        await second.SetSessionStateAsync(null);
        Must.Equal(null, await second.GetSessionStateAsync(), "the state after it was cleared");
    }

    public static async Task ALockIsRenewed()
    {
        var name = await Entities.SessionQueue(lockSeconds: 10);
        var client = Entities.Client();
        await using var receiver = await client.AcceptSessionAsync(name, "s");
        var first = receiver.SessionLockedUntil;
        await receiver.RenewSessionLockAsync();
        Must.BeTrue(receiver.SessionLockedUntil > first, "the lock ends later");
    }

    public static async Task ALockThatEndedGivesTheSessionToTheNext()
    {
        var name = await Entities.SessionQueue(lockSeconds: 5);
        var client = Entities.Client(tryTimeoutSeconds: 60);
        await client.CreateSender(name).SendMessagesAsync(Reading.Messages(1, "s"));
        await using var loser = await client.AcceptSessionAsync(name, "s");
        var message = await loser.ReceiveMessageAsync();
        await using var next = await client.AcceptNextSessionAsync(name);
        Must.Equal(("s", 2), (next.SessionId, (await next.ReceiveMessageAsync()).DeliveryCount), "what the next one got");
        // 7.21.0 says ObjectDisposedException of a link that the service closed, earlier versions SessionLockLost
        var problem = await Must.Throw<Exception>(() => loser.CompleteMessageAsync(message));
        Must.BeTrue(problem is ObjectDisposedException or ServiceBusException { Reason: ServiceBusFailureReason.SessionLockLost }, $"said {problem.GetType().Name}");
    }

    public static async Task SettlementWorksWithinASession()
    {
        var name = await Entities.SessionQueue();
        var client = Entities.Client();
        await client.CreateSender(name).SendMessagesAsync(Reading.Messages(4, "s"));
        await using var receiver = await client.AcceptSessionAsync(name, "s");
        var got = await receiver.Take(4);
        await receiver.CompleteMessageAsync(got[0]);
        await receiver.DeadLetterMessageAsync(got[1], "bad");
        await receiver.DeferMessageAsync(got[2]);
        await receiver.AbandonMessageAsync(got[3]);
        Must.Equal("2", (await receiver.ReceiveDeferredMessageAsync(got[2].SequenceNumber)).Body.ToString(), "what was deferred");
        Must.Equal("3", (await receiver.ReceiveMessageAsync()).Body.ToString(), "what was abandoned");
        var dead = client.CreateReceiver(name, new ServiceBusReceiverOptions { SubQueue = SubQueue.DeadLetter });
        Must.Equal(("1", "s"), ((await dead.ReceiveMessageAsync()) is var one ? (one.Body.ToString(), one.SessionId) : default), "what is dead");
    }

    public static async Task AMessageWithoutASessionIsRefused()
    {
        var name = await Entities.SessionQueue();
        await Must.Throw<InvalidOperationException>(() => Entities.Client().CreateSender(name).SendMessageAsync(new ServiceBusMessage()));
    }

    public static async Task WaitingForASessionEndsInTime()
    {
        var name = await Entities.SessionQueue();
        await Must.Fail(ServiceBusFailureReason.ServiceTimeout, () => Entities.Client(tryTimeoutSeconds: 2).AcceptNextSessionAsync(name));
    }

    public static async Task ASubscriptionHasSessions()
    {
        var topic = await Entities.Topic();
        await Service.Administration().CreateSubscriptionAsync(
            new Azure.Messaging.ServiceBus.Administration.CreateSubscriptionOptions(topic, "s") { RequiresSession = true });
        var client = Entities.Client();
        await client.CreateSender(topic).SendMessagesAsync(Reading.Messages(2, "one"));
        await using var receiver = await client.AcceptNextSessionAsync(topic, "s");
        Must.BeTheSame(["0", "1"], (await receiver.Take(2)).Bodies(), "what came");
    }
}
