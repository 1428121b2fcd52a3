// Where the service is, how each transport reaches it, and entities that vanish with their case.
using Azure.Messaging.ServiceBus;
using Azure.Messaging.ServiceBus.Administration;

namespace Conformance;

public static class Service
{
    /// <summary>plain, tls, websocket or websocket-tls.</summary>
    public static readonly string Transport = Environment.GetEnvironmentVariable("TRANSPORT") ?? "plain";

    /// <summary>Endpoint=sb://localhost:PORT;SharedAccessKeyName=…;SharedAccessKey=…;UseDevelopmentEmulator=true</summary>
    public static readonly string Plain = Environment.GetEnvironmentVariable("SERVICEBUS_CONNECTION")
        ?? throw new InvalidOperationException("SERVICEBUS_CONNECTION is not set: give it the emulator's connection string");

    public static bool Tls => Transport is "tls" or "websocket-tls";

    /// <summary>With TLS, the word that turns it off is left out.</summary>
    public static string ConnectionString => Tls ? Plain.Replace("UseDevelopmentEmulator=true", "") : Plain;

    public static Uri Endpoint => ServiceBusConnectionStringProperties.Parse(Plain).Endpoint;

    public static ServiceBusClientOptions Options(double tryTimeoutSeconds = 60, bool crossEntity = false) => new()
    {
        TransportType = Transport.StartsWith("websocket") ? ServiceBusTransportType.AmqpWebSockets : ServiceBusTransportType.AmqpTcp,
        // over TLS this client forgets the port of its connection string, unless it stands here as well
        CustomEndpointAddress = Tls ? new Uri($"sb://localhost:{Port}") : null,
        EnableCrossEntityTransactions = crossEntity,
        RetryOptions = new ServiceBusRetryOptions { TryTimeout = TimeSpan.FromSeconds(tryTimeoutSeconds), MaxRetries = 0 },
    };

    public static int Port => int.Parse(Plain.Split(';')[0].TrimEnd('/').Split(':')[^1]);

    public static ServiceBusAdministrationClient Administration() => new(ConnectionString);
}

/// <summary>Clients and entities of the case that runs; they are gone after it.</summary>
public static class Entities
{
    static readonly AsyncLocal<List<Func<Task>>> Undo = new();

    public static async Task ForACase(Func<Task> run)
    {
        Undo.Value = [];
        var steps = Undo.Value;
        try
        {
            await run();
        }
        finally
        {
            foreach (var step in Enumerable.Reverse(steps)) await step();
        }
    }

    public static void Afterwards(Func<Task> step) => Undo.Value.Add(step);

    public static string Name(string word) => $"{word}-{Guid.NewGuid():N}"[..20];

    public static ServiceBusClient Client(double tryTimeoutSeconds = 60, bool crossEntity = false)
    {
        var client = new ServiceBusClient(Service.ConnectionString, Service.Options(tryTimeoutSeconds, crossEntity));
        Afterwards(async () => await client.DisposeAsync());
        return client;
    }

    public static async Task<string> Queue(Action<CreateQueueOptions> change = null)
    {
        var options = new CreateQueueOptions(Name("queue")) { LockDuration = TimeSpan.FromMinutes(1) };
        change?.Invoke(options);
        await Service.Administration().CreateQueueAsync(options);
        Afterwards(() => Service.Administration().DeleteQueueAsync(options.Name));
        return options.Name;
    }

    public static Task<string> SessionQueue(double lockSeconds = 60) => Queue(options =>
    {
        options.RequiresSession = true;
        options.LockDuration = TimeSpan.FromSeconds(lockSeconds);
    });

    public static async Task<string> Topic(params string[] subscriptions)
    {
        var name = Name("topic");
        var administration = Service.Administration();
        await administration.CreateTopicAsync(name);
        Afterwards(() => Service.Administration().DeleteTopicAsync(name));
        foreach (var each in subscriptions) await administration.CreateSubscriptionAsync(name, each);
        return name;
    }
}

/// <summary>What a case says must hold.</summary>
public static class Must
{
    public static void BeTrue(bool holds, string what)
    {
        if (!holds) throw new InvalidOperationException($"not so: {what}");
    }

    public static void Equal<T>(T wanted, T got, string what)
    {
        if (!EqualityComparer<T>.Default.Equals(wanted, got)) throw new InvalidOperationException($"{what}: {got}, not {wanted}");
    }

    /// <summary>The same members in the same order.</summary>
    public static void BeTheSame<T>(IEnumerable<T> wanted, IEnumerable<T> got, string what) =>
        Equal(string.Join("|", wanted), string.Join("|", got), what);

    public static async Task<T> Throw<T>(Func<Task> run) where T : Exception
    {
        try
        {
            await run();
        }
        catch (T expected)
        {
            return expected;
        }
        throw new InvalidOperationException($"no {typeof(T).Name} was thrown");
    }

    public static async Task Fail(ServiceBusFailureReason reason, Func<Task> run) =>
        Equal(reason, (await Throw<ServiceBusException>(run)).Reason, "the reason of the exception");
}

public static class Reading
{
    /// <summary>As many messages as asked for; fewer only when none comes for five seconds.</summary>
    public static async Task<List<ServiceBusReceivedMessage>> Take(this ServiceBusReceiver receiver, int count)
    {
        var found = new List<ServiceBusReceivedMessage>();
        while (found.Count < count)
        {
            var some = await receiver.ReceiveMessagesAsync(count - found.Count, TimeSpan.FromSeconds(5));
            if (some.Count == 0) break;
            found.AddRange(some);
        }
        return found;
    }

    public static async Task<bool> IsEmpty(this ServiceBusReceiver receiver) =>
        (await receiver.PeekMessagesAsync(1, fromSequenceNumber: 0)).Count == 0;

    public static IEnumerable<string> Bodies(this IEnumerable<ServiceBusReceivedMessage> messages) =>
        messages.Select(message => message.Body.ToString());

    public static IEnumerable<ServiceBusMessage> Messages(int count, string session = null) =>
        Enumerable.Range(0, count).Select(number => new ServiceBusMessage($"{number}") { SessionId = session });
}
