// Sending: properties and types, batches, scheduling, limits, what is refused.
using Azure.Core.Amqp;
using Azure.Messaging.ServiceBus;

namespace Conformance;

[Cases("messaging")]
public static class Senders
{
    public static async Task EveryPropertyComesBack()
    {
        var name = await Entities.Queue();
        var client = Entities.Client();
        var sent = new ServiceBusMessage("body")
        {
            MessageId = "id", CorrelationId = "correlation", Subject = "subject", To = "to", ReplyTo = "reply", ContentType = "text/plain",
            ReplyToSessionId = "answers", PartitionKey = "key", TimeToLive = TimeSpan.FromDays(70),
        };
        await client.CreateSender(name).SendMessageAsync(sent);
        var got = await client.CreateReceiver(name).ReceiveMessageAsync();
        Must.BeTheSame(
            ["body", "id", "correlation", "subject", "to", "reply", "text/plain", "answers", "key"],
            new[] { got.Body.ToString(), got.MessageId, got.CorrelationId, got.Subject, got.To, got.ReplyTo, got.ContentType, got.ReplyToSessionId, got.PartitionKey },
            "the properties");
        Must.Equal(TimeSpan.FromDays(70), got.TimeToLive, "a time to live above 2**32 milliseconds");
        Must.Equal(0, got.DeliveryCount - 1, "the deliveries before this one");
        Must.BeTrue(got.SequenceNumber > 0 && got.LockedUntil > DateTimeOffset.UtcNow, "it is numbered and locked");
    }

    public static async Task EveryApplicationPropertyKeepsItsType()
    {
        var name = await Entities.Queue();
        var client = Entities.Client();
        var when = new DateTimeOffset(2026, 11, 26, 8, 0, 0, TimeSpan.Zero);
        var values = new Dictionary<string, object>
        {
            ["byte"] = (byte)200, ["sbyte"] = (sbyte)-100, ["short"] = (short)-30_000, ["ushort"] = (ushort)60_000, ["int"] = int.MinValue,
            ["uint"] = uint.MaxValue, ["long"] = long.MinValue, ["ulong"] = ulong.MaxValue, ["float"] = 1.5f, ["double"] = Math.PI,
            ["decimal"] = 1.25m, ["bool"] = true, ["char"] = 'å', ["string"] = "snö", ["guid"] = Guid.NewGuid(), ["date"] = when,
            ["span"] = TimeSpan.FromTicks(12_345_678), ["uri"] = new Uri("https://example.org/a?b=c"),
        };
        var message = new ServiceBusMessage();
        foreach (var (key, value) in values) message.ApplicationProperties[key] = value;
        await client.CreateSender(name).SendMessageAsync(message);
        var got = await client.CreateReceiver(name).ReceiveMessageAsync();
        foreach (var (key, value) in values) Must.Equal(value, got.ApplicationProperties[key], key);
    }

    public static async Task ValueAndSequenceBodiesKeepTheirForm()
    {
        var name = await Entities.Queue();
        var client = Entities.Client();
        var sender = client.CreateSender(name);
        await sender.SendMessageAsync(new ServiceBusMessage(new AmqpAnnotatedMessage(AmqpMessageBody.FromValue(42L))));
        await sender.SendMessageAsync(new ServiceBusMessage(new AmqpAnnotatedMessage(AmqpMessageBody.FromSequence([new List<object> { 1, "two" }, new List<object> { 3.0 }]))));
        var got = await client.CreateReceiver(name).Take(2);
        Must.BeTrue(got[0].GetRawAmqpMessage().Body.TryGetValue(out var value) && value is 42L, "the value");
        Must.BeTrue(got[1].GetRawAmqpMessage().Body.TryGetSequence(out var sequence), "it is a sequence");
        Must.BeTheSame(["1", "two", "3"], sequence.SelectMany(list => list).Select(each => $"{each}"), "the sequence");
    }

    public static async Task ABatchArrivesWholeAndInOrder()
    {
        var name = await Entities.Queue();
        var client = Entities.Client();
        var sender = client.CreateSender(name);
        using var batch = await sender.CreateMessageBatchAsync();
        foreach (var message in Reading.Messages(60)) Must.BeTrue(batch.TryAddMessage(message), "it fits");
        await sender.SendMessagesAsync(batch);
        Must.BeTheSame(Enumerable.Range(0, 60).Select(each => $"{each}"), (await client.CreateReceiver(name).Take(60)).Bodies(), "the batch");
    }

    public static async Task ABatchTakesNoMoreThanTheLinksLimit()
    {
        var name = await Entities.Queue();
        using var batch = await Entities.Client().CreateSender(name).CreateMessageBatchAsync();
        Must.BeTrue(!batch.TryAddMessage(new ServiceBusMessage(new byte[batch.MaxSizeInBytes + 1])), "a message above the limit is refused");
        Must.BeTrue(batch.TryAddMessage(new ServiceBusMessage(new byte[1000])), "a small one is taken");
    }

    public static async Task ScheduledMessagesAreSeenCancelledAndOnceEach()
    {
        var name = await Entities.Queue();
        var client = Entities.Client();
        var sender = client.CreateSender(name);
        var at = DateTimeOffset.UtcNow.AddHours(1);
        var number = await sender.ScheduleMessageAsync(new ServiceBusMessage("one"), at);
        var numbers = await sender.ScheduleMessagesAsync(Reading.Messages(3), at);
        var receiver = client.CreateReceiver(name);
        var seen = await receiver.PeekMessagesAsync(10);
        Must.BeTheSame(["one", "0", "1", "2"], seen.Bodies(), "what is scheduled, once each");
        Must.BeTrue(seen.All(each => each.State == ServiceBusMessageState.Scheduled), "their state");
        Must.BeTrue((seen[0].ScheduledEnqueueTime - at).Duration() < TimeSpan.FromSeconds(1), "their time");
        await sender.CancelScheduledMessageAsync(number);
        await sender.CancelScheduledMessagesAsync(numbers);
        Must.BeTrue(await receiver.IsEmpty(), "nothing is left");
    }

    public static async Task AScheduledMessageComesWhenItIsDue()
    {
        var name = await Entities.Queue();
        var client = Entities.Client();
        var due = DateTimeOffset.UtcNow.AddSeconds(2);
        await client.CreateSender(name).ScheduleMessageAsync(new ServiceBusMessage("due"), due);
        var got = await client.CreateReceiver(name).ReceiveMessageAsync(TimeSpan.FromSeconds(60));
        Must.Equal("due", got.Body.ToString(), "what came");
        Must.BeTrue(got.EnqueuedTime >= due.AddMilliseconds(-50), "it came no earlier than due");
    }

    public static async Task DuplicatesAreDropped()
    {
        var name = await Entities.Queue(options => options.RequiresDuplicateDetection = true);
        var client = Entities.Client();
        var sender = client.CreateSender(name);
        foreach (var id in new[] { "a", "b", "a" }) await sender.SendMessageAsync(new ServiceBusMessage(id) { MessageId = id });
        var receiver = client.CreateReceiver(name);
        Must.BeTheSame(["a", "b"], (await receiver.PeekMessagesAsync(10)).Bodies(), "what is kept");
    }

    public static async Task ALargeMessageCrossesBothWays()
    {
        var name = await Entities.Queue();
        var client = Entities.Client();
        var body = new byte[200_000];
        Random.Shared.NextBytes(body);
        await client.CreateSender(name).SendMessageAsync(new ServiceBusMessage(body));
        Must.BeTrue((await client.CreateReceiver(name).ReceiveMessageAsync()).Body.ToArray().AsSpan().SequenceEqual(body), "every byte");
    }

    public static async Task AMissingEntityIsNamed()
    {
        var sender = Entities.Client().CreateSender("no-such-entity");
        await Must.Fail(ServiceBusFailureReason.MessagingEntityNotFound, () => sender.SendMessageAsync(new ServiceBusMessage()));
    }

    public static async Task AWrongKeyIsRefused()
    {
        var name = await Entities.Queue();
        await using var client = new ServiceBusClient(
            Service.ConnectionString.Replace("SharedAccessKey=", "SharedAccessKey=wrong"), Service.Options());
        await Must.Throw<UnauthorizedAccessException>(() => client.CreateSender(name).SendMessageAsync(new ServiceBusMessage()));
    }

    public static async Task ADisabledQueueRefuses()
    {
        var name = await Entities.Queue(options => options.Status = "SendDisabled");
        await Must.Fail(ServiceBusFailureReason.MessagingEntityDisabled, () => Entities.Client().CreateSender(name).SendMessageAsync(new ServiceBusMessage()));
    }

    public static async Task ACopyOfAReceivedMessageIsNew()
    {
        var name = await Entities.Queue();
        var client = Entities.Client();
        var sender = client.CreateSender(name);
        await sender.SendMessageAsync(new ServiceBusMessage("x") { TimeToLive = TimeSpan.FromMinutes(3), MessageId = "m" });
        var receiver = client.CreateReceiver(name);
        var first = await receiver.ReceiveMessageAsync();
        await receiver.CompleteMessageAsync(first);
        await sender.SendMessageAsync(new ServiceBusMessage(first));
        var second = await receiver.ReceiveMessageAsync();
        Must.Equal((TimeSpan.FromMinutes(3), "m", 1), (second.TimeToLive, second.MessageId, second.DeliveryCount), "the copy");
        Must.BeTrue(second.SequenceNumber > first.SequenceNumber, "it has a number of its own");
    }
}
