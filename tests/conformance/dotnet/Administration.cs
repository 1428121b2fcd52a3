// Entities made, read, changed, listed and deleted; what is refused.
using Azure.Messaging.ServiceBus;
using Azure.Messaging.ServiceBus.Administration;

namespace Conformance;

[Cases("messaging")]
public static class Administration
{
    static ServiceBusAdministrationClient Client => Service.Administration();

    public static async Task AQueueKeepsEverySetting()
    {
        var options = new CreateQueueOptions(Entities.Name("set"))
        {
            LockDuration = TimeSpan.FromSeconds(45), MaxDeliveryCount = int.MaxValue, RequiresSession = true, DeadLetteringOnMessageExpiration = true,
            DefaultMessageTimeToLive = TimeSpan.FromDays(2), AutoDeleteOnIdle = TimeSpan.FromMinutes(20), UserMetadata = "<who & why>",
            RequiresDuplicateDetection = true, DuplicateDetectionHistoryTimeWindow = TimeSpan.FromMinutes(3), MaxSizeInMegabytes = 2048,
            EnableBatchedOperations = false,
        };
        options.AuthorizationRules.Add(new SharedAccessAuthorizationRule("reader", [AccessRights.Listen]));
        var made = (await Client.CreateQueueAsync(options)).Value;
        var got = (await Client.GetQueueAsync(options.Name)).Value;
        Must.Equal(made, got, "what is read");
        Must.Equal(
            (TimeSpan.FromSeconds(45), int.MaxValue, true, true, TimeSpan.FromDays(2), TimeSpan.FromMinutes(20), "<who & why>"),
            (got.LockDuration, got.MaxDeliveryCount, got.RequiresSession, got.DeadLetteringOnMessageExpiration, got.DefaultMessageTimeToLive, got.AutoDeleteOnIdle, got.UserMetadata),
            "the settings");
        Must.Equal("reader", got.AuthorizationRules.Single().KeyName, "the rule");
        await Client.DeleteQueueAsync(options.Name);
        Must.BeTrue(!await Client.QueueExistsAsync(options.Name), "it is gone");
    }

    public static async Task AQueueIsChanged()
    {
        var name = await Entities.Queue();
        QueueProperties queue = await Client.GetQueueAsync(name);
        queue.MaxDeliveryCount = 4;
        queue.Status = EntityStatus.ReceiveDisabled;
        queue.LockDuration = TimeSpan.FromSeconds(33);
        QueueProperties changed = await Client.UpdateQueueAsync(queue);
        Must.Equal((4, EntityStatus.ReceiveDisabled, TimeSpan.FromSeconds(33)), (changed.MaxDeliveryCount, changed.Status, changed.LockDuration), "what changed");
    }

    public static async Task CountsAreLive()
    {
        var name = await Entities.Queue();
        var client = Entities.Client();
        var sender = client.CreateSender(name);
        await sender.SendMessagesAsync(Reading.Messages(3));
        await sender.ScheduleMessageAsync(new ServiceBusMessage("later"), DateTimeOffset.UtcNow.AddHours(1));
        var receiver = client.CreateReceiver(name);
        await receiver.DeadLetterMessageAsync(await receiver.ReceiveMessageAsync());
        QueueRuntimeProperties live = await Client.GetQueueRuntimePropertiesAsync(name);
        Must.Equal((2L, 1L, 1L, 4L), (live.ActiveMessageCount, live.ScheduledMessageCount, live.DeadLetterMessageCount, live.TotalMessageCount), "the counts");
        Must.BeTrue(live.SizeInBytes > 0 && live.AccessedAt > live.CreatedAt.AddMinutes(-1), "size and time");
    }

    public static async Task TopicsAndSubscriptionsKeepTheirSettings()
    {
        var topic = await Entities.Topic();
        SubscriptionProperties made = await Client.CreateSubscriptionAsync(
            new CreateSubscriptionOptions(topic, "s") { MaxDeliveryCount = 7, RequiresSession = true, EnableDeadLetteringOnFilterEvaluationExceptions = false, UserMetadata = "m" },
            new CreateRuleOptions("first", new SqlRuleFilter("a = @a") { Parameters = { ["@a"] = 5L } }) { Action = new SqlRuleAction("SET b = 1") });
        Must.Equal((7, true, false, "m"), (made.MaxDeliveryCount, made.RequiresSession, made.EnableDeadLetteringOnFilterEvaluationExceptions, made.UserMetadata), "the subscription");
        RuleProperties rule = await Client.GetRuleAsync(topic, "s", "first");
        Must.Equal(("a = @a", "SET b = 1"), (((SqlRuleFilter)rule.Filter).SqlExpression, ((SqlRuleAction)rule.Action).SqlExpression), "the rule");
        Must.Equal(5L, (long)((SqlRuleFilter)rule.Filter).Parameters["@a"], "a parameter of type long");
        rule.Filter = new CorrelationRuleFilter("c") { ApplicationProperties = { ["when"] = new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc).AddTicks(1_234_567), ["span"] = TimeSpan.FromTicks(12_345_678) } };
        RuleProperties changed = await Client.UpdateRuleAsync(topic, "s", rule);
        Must.Equal(rule.Filter, changed.Filter, "the filter, to the seventh digit");
        TopicRuntimeProperties live = await Client.GetTopicRuntimePropertiesAsync(topic);
        Must.Equal(1, live.SubscriptionCount, "the subscriptions");
    }

    public static async Task ListsAreWholeOverSeveralPages()
    {
        var topic = await Entities.Topic();
        var names = Enumerable.Range(0, 105).Select(each => $"s-{each:000}").ToList();
        foreach (var name in names) await Client.CreateSubscriptionAsync(topic, name);
        var found = new List<string>();
        await foreach (var each in Client.GetSubscriptionsAsync(topic)) found.Add(each.SubscriptionName);
        Must.BeTheSame(names, found.Order(), "every subscription");
    }

    public static async Task ForwardingNamesItsTarget()
    {
        var target = await Entities.Queue();
        var source = await Entities.Queue(options => { options.ForwardTo = target; options.ForwardDeadLetteredMessagesTo = target; });
        QueueProperties got = await Client.GetQueueAsync(source);
        foreach (var shown in new[] { got.ForwardTo, got.ForwardDeadLetteredMessagesTo })
            Must.Equal(target, new Uri(shown).AbsolutePath.TrimStart('/'), "where it forwards to");
    }

    public static async Task WhatIsRefusedSaysWhy()
    {
        var name = await Entities.Queue();
        Must.Equal(ServiceBusFailureReason.MessagingEntityAlreadyExists, (await Must.Throw<ServiceBusException>(() => Client.CreateQueueAsync(name))).Reason, "made twice");
        Must.Equal(ServiceBusFailureReason.MessagingEntityNotFound, (await Must.Throw<ServiceBusException>(() => Client.GetQueueAsync("no-such-queue"))).Reason, "read");
        Must.Equal(ServiceBusFailureReason.MessagingEntityNotFound, (await Must.Throw<ServiceBusException>(() => Client.DeleteTopicAsync("no-such-topic"))).Reason, "deleted");
        await Must.Throw<ArgumentException>(() => Client.CreateQueueAsync(new CreateQueueOptions(Entities.Name("q")) { ForwardTo = "no-such-queue" }));
    }

    public static async Task AWrongKeyIsRefused()
    {
        var wrong = new ServiceBusAdministrationClient(Service.ConnectionString.Replace("SharedAccessKey=", "SharedAccessKey=wrong"));
        await Must.Throw<UnauthorizedAccessException>(() => wrong.GetQueueAsync("any"));
    }

    public static async Task TheNamespaceSaysWhatItIs()
    {
        NamespaceProperties properties = await Client.GetNamespacePropertiesAsync();
        Must.BeTrue(properties.Name.Length > 0 && properties.MessagingSku.ToString().Length > 0, $"{properties.Name} {properties.MessagingSku}");
    }
}
