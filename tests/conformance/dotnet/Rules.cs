// Rules of subscriptions over AMQP, and what they let through.
using Azure.Messaging.ServiceBus;
using Azure.Messaging.ServiceBus.Administration;

namespace Conformance;

[Cases("messaging")]
public static class Rules
{
    static async Task<(ServiceBusClient Client, ServiceBusRuleManager Rules, string Topic)> Fresh()
    {
        var topic = await Entities.Topic("s");
        var client = Entities.Client();
        var rules = client.CreateRuleManager(topic, "s");
        await rules.DeleteRuleAsync("$Default");
        return (client, rules, topic);
    }

    static async Task<List<RuleProperties>> Listed(ServiceBusRuleManager rules)
    {
        var found = new List<RuleProperties>();
        await foreach (var rule in rules.GetRulesAsync()) found.Add(rule);
        return found;
    }

    static async Task<List<ServiceBusReceivedMessage>> Passed(ServiceBusClient client, string topic) =>
        [.. await client.CreateReceiver(topic, "s").PeekMessagesAsync(50)];

    static ServiceBusMessage Painted(string body, params (string Key, object Value)[] properties)
    {
        var message = new ServiceBusMessage(body) { Subject = "paint" };
        foreach (var (key, value) in properties) message.ApplicationProperties[key] = value;
        return message;
    }

    public static async Task RulesAreListedByName()
    {
        var (_, rules, _) = await Fresh();
        foreach (var name in new[] { "c", "a", "b" }) await rules.CreateRuleAsync(name, new SqlRuleFilter("x = 1"));
        Must.BeTheSame(["a", "b", "c"], (await Listed(rules)).Select(each => each.Name), "the names");
    }

    public static async Task ASqlFilterWithAnActionPasses()
    {
        var (client, rules, topic) = await Fresh();
        await rules.CreateRuleAsync(new CreateRuleOptions("r")
        {
            Filter = new SqlRuleFilter("level > 3 AND sys.Label LIKE 'p%'"), Action = new SqlRuleAction("SET seen = 'yes'; SET sys.To = 'store'"),
        });
        await client.CreateSender(topic).SendMessagesAsync([Painted("low", ("level", 3)), Painted("high", ("level", 4))]);
        var got = await Passed(client, topic);
        Must.BeTheSame(["high:yes:store"], got.Select(each => $"{each.Body}:{each.ApplicationProperties["seen"]}:{each.To}"), "what passed");
    }

    public static async Task ACorrelationFilterIgnoresTheCaseOfNames()
    {
        var (client, rules, topic) = await Fresh();
        await rules.CreateRuleAsync("r", new CorrelationRuleFilter { Subject = "paint", ApplicationProperties = { ["Color"] = "red" } });
        await client.CreateSender(topic).SendMessagesAsync([
            Painted("one", ("color", "red")), Painted("two", ("COLOR", "red")), Painted("three", ("Color", "blue"))]);
        Must.BeTheSame(["one", "two"], (await Passed(client, topic)).Bodies(), "what passed");
    }

    public static async Task TrueAndFalseFilters()
    {
        var (client, rules, topic) = await Fresh();
        await rules.CreateRuleAsync("none", new FalseRuleFilter());
        await client.CreateSender(topic).SendMessageAsync(Painted("lost"));
        await rules.CreateRuleAsync("all", new TrueRuleFilter());
        await client.CreateSender(topic).SendMessageAsync(Painted("kept"));
        Must.BeTheSame(["kept"], (await Passed(client, topic)).Bodies(), "what passed");
    }

    public static async Task ValuesOfFiltersKeepTheirTypes()
    {
        var (_, rules, _) = await Fresh();
        var filter = new CorrelationRuleFilter { CorrelationId = "c" };
        var values = new Dictionary<string, object>
        {
            ["long"] = 7L, ["int"] = 7, ["double"] = 0.5, ["bool"] = true, ["text"] = "x", ["when"] = new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc),
        };
        foreach (var (key, value) in values) filter.ApplicationProperties[key] = value;
        await rules.CreateRuleAsync("r", filter);
        var got = (CorrelationRuleFilter)(await Listed(rules)).Single().Filter;
        Must.Equal("c", got.CorrelationId, "the correlation id");
        foreach (var (key, value) in values) Must.Equal(value, got.ApplicationProperties[key], key);
    }

    public static async Task WhatIsWrongWithARuleIsSaid()
    {
        var (_, rules, _) = await Fresh();
        await rules.CreateRuleAsync("r", new TrueRuleFilter());
        await Must.Fail(ServiceBusFailureReason.MessagingEntityAlreadyExists, () => rules.CreateRuleAsync("r", new TrueRuleFilter()));
        await Must.Fail(ServiceBusFailureReason.MessagingEntityNotFound, () => rules.DeleteRuleAsync("no-such-rule"));
        await Must.Throw<ArgumentException>(() => rules.CreateRuleAsync("bad", new SqlRuleFilter("a = = 1")));
    }

    public static async Task ManyRulesAreListedWhole()
    {
        var (_, rules, _) = await Fresh();
        var names = Enumerable.Range(0, 130).Select(each => $"rule-{each:000}").ToList();
        foreach (var name in names) await rules.CreateRuleAsync(name, new SqlRuleFilter("x = 1"));
        Must.BeTheSame(names, (await Listed(rules)).Select(each => each.Name), "every rule");
    }
}
