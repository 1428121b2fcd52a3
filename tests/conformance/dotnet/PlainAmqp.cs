// AMQPNetLite: the protocol's own words, without an SDK of the service.
using Amqp;
using Amqp.Framing;
using Amqp.Sasl;
using Amqp.Transactions;
using Amqp.Types;

namespace Conformance;

[Cases("amqp")]
public static class PlainAmqp
{
    static readonly TimeSpan Wait = TimeSpan.FromSeconds(20);

    static async Task<Connection> Connected()
    {
        var tls = Service.Tls;
        // snippet: amqpnetlite
        var address = new Address("localhost", Service.Port, "RootManageSharedAccessKey", "SAS_KEY_VALUE", "/", tls ? "amqps" : "amqp");
        var factory = new ConnectionFactory();
        var connection = await factory.CreateAsync(address);
        var session = new Amqp.Session(connection);
        // end of snippet
        await session.CloseAsync();
        Entities.Afterwards(() => connection.CloseAsync());
        return connection;
    }

    static async Task<(Amqp.Session Session, string Queue)> Ready()
    {
        var queue = await Entities.Queue();
        return (new Amqp.Session(await Connected()), queue);
    }

    public static async Task WhatIsSentComesBack()
    {
        var (session, queue) = await Ready();
        var sender = new SenderLink(session, "out", queue);
        var sent = new Message("body")
        {
            Properties = new Properties { MessageId = "m", Subject = "s", CorrelationId = "c" },
            ApplicationProperties = new ApplicationProperties { ["long"] = 5L, ["text"] = "snö", ["bytes"] = new byte[] { 0, 255 }, ["symbol"] = new Symbol("x") },
        };
        await sender.SendAsync(sent, Wait);
        var receiver = new ReceiverLink(session, "in", queue);
        var got = await receiver.ReceiveAsync(Wait);
        Must.Equal(("body", "m", "s", "c"), ((string)got.Body, got.Properties.MessageId, got.Properties.Subject, got.Properties.CorrelationId), "the message");
        Must.Equal((5L, "snö", "x"), ((long)got.ApplicationProperties["long"], (string)got.ApplicationProperties["text"], $"{got.ApplicationProperties["symbol"]}"), "its properties");
        receiver.Accept(got);
    }

    public static async Task ReleasedModifiedAndRejected()
    {
        var (session, queue) = await Ready();
        await new SenderLink(session, "out", queue).SendAsync(new Message("again"), Wait);
        var receiver = new ReceiverLink(session, "in", queue);
        receiver.SetCredit(1, false);
        var first = await receiver.ReceiveAsync(Wait);
        receiver.Release(first);
        receiver.SetCredit(1, false);
        var second = await receiver.ReceiveAsync(Wait);
        Must.Equal(0u, second.Header?.DeliveryCount ?? 0, "deliveries that count, after a release");
        receiver.Modify(second, true);
        receiver.SetCredit(1, false);
        var third = await receiver.ReceiveAsync(Wait);
        Must.Equal(1u, third.Header.DeliveryCount, "deliveries that count, after a failure");
        receiver.Reject(third, new Error(new Symbol("my:reason")) { Description = "not wanted" });
        var dead = await new ReceiverLink(session, "dead", $"{queue}/$DeadLetterQueue").ReceiveAsync(Wait);
        Must.Equal("again", (string)dead.Body, "what is dead");
    }

    public static async Task ACoordinatorCommitsAndRollsBack()
    {
        var (session, queue) = await Ready();
        var sender = new SenderLink(session, "out", queue);
        await Task.Run(() =>
        {
            // snippet: scope
            // on a thread of its own, with the synchronous calls: what comes after an await runs on the thread that
            // reads the connection, and a scope there waits for an answer that nobody reads
            using (var scope = new System.Transactions.TransactionScope())
            {
                sender.Send(new Message("kept"), Wait);
                scope.Complete();
            }
            // end of snippet
            using (new System.Transactions.TransactionScope()) sender.Send(new Message("lost"), Wait);
        });
        var receiver = new ReceiverLink(session, "in", queue);
        var got = await receiver.ReceiveAsync(Wait);
        receiver.Accept(got);
        Must.Equal("kept", (string)got.Body, "what came");
        Must.Equal(null, await receiver.ReceiveAsync(TimeSpan.FromMilliseconds(500)), "what else came");
    }

    public static async Task AnAcceptInATransactionIsCommittedWithIt()
    {
        var (session, queue) = await Ready();
        var sender = new SenderLink(session, "out", queue);
        await sender.SendAsync(new Message("taken"), Wait);
        var receiver = new ReceiverLink(session, "in", queue);
        receiver.SetCredit(1, false);
        await Task.Run(() =>
        {
            var taken = receiver.Receive(Wait);
            using (var scope = new System.Transactions.TransactionScope())
            {
                receiver.Accept(taken);
                sender.Send(new Message("answer"), Wait);
                scope.Complete();
            }
        });
        receiver.SetCredit(1, false);
        Must.Equal("answer", (string)(await receiver.ReceiveAsync(Wait)).Body, "what is left");
    }

    public static async Task ASessionIsAskedForByItsFilter()
    {
        var queue = await Entities.SessionQueue();
        var session = new Amqp.Session(await Connected());
        await new SenderLink(session, "out", queue).SendAsync(new Message("1") { Properties = new Properties { GroupId = "g" } }, Wait);
        var filter = new Map { [new Symbol("com.microsoft:session-filter")] = new DescribedValue(new Symbol("com.microsoft:session-filter"), null) };
        var attached = new TaskCompletionSource<Attach>();
        var receiver = new ReceiverLink(session, "in", new Attach { Source = new Source { Address = queue, FilterSet = filter }, Target = new Target() }, (_, answer) => attached.TrySetResult(answer));
        var answered = (Source)(await attached.Task.WaitAsync(Wait)).Source;
        var given = answered.FilterSet[new Symbol("com.microsoft:session-filter")];
        Must.Equal("g", given is DescribedValue described ? described.Value : given, "the session that was given");
        Must.BeTrue(given is DescribedValue, "the answer's filter is described as the question's was");
        Must.Equal("1", (string)(await receiver.ReceiveAsync(Wait)).Body, "what came");
    }

    public static async Task AFilterThatIsUnknownIsNotClaimed()
    {
        var (session, queue) = await Ready();
        var filter = new Map { [new Symbol("selector")] = new DescribedValue(new Symbol("apache.org:selector-filter:string"), "a = 1") };
        var attached = new TaskCompletionSource<Attach>();
        var receiver = new ReceiverLink(session, "in", new Attach { Source = new Source { Address = queue, FilterSet = filter }, Target = new Target() }, (_, answer) => attached.TrySetResult(answer));
        var closed = new TaskCompletionSource<Error>();
        receiver.AddClosedCallback((_, error) => closed.TrySetResult(error));
        var answer = await attached.Task.WaitAsync(Wait);
        var refused = answer.Source is not Source { Address: not null } || await Task.WhenAny(closed.Task, Task.Delay(2000)) == closed.Task;
        Must.BeTrue(refused || ((Source)answer.Source).FilterSet is not { Count: > 0 }, "it is refused, or not echoed as in force");
    }

    public static async Task TheManagementNodeAnswers()
    {
        var (session, queue) = await Ready();
        await new SenderLink(session, "out", queue).SendAsync(new Message("seen"), Wait);
        var asker = new SenderLink(session, "ask", $"{queue}/$management");
        var answers = new ReceiverLink(session, "answers", new Attach { Source = new Source { Address = $"{queue}/$management" }, Target = new Target { Address = "me" } }, null);
        var question = new Message(new Map { ["from-sequence-number"] = 1L, ["message-count"] = 1 })
        {
            Properties = new Properties { MessageId = "q", ReplyTo = "me" },
            ApplicationProperties = new ApplicationProperties { ["operation"] = "com.microsoft:peek-message" },
        };
        await asker.SendAsync(question, Wait);
        var answer = await answers.ReceiveAsync(Wait);
        Must.Equal(("q", 200), (answer.Properties.CorrelationId, (int)answer.ApplicationProperties["statusCode"]), "the answer");
    }

    public static async Task ManyMessagesPassWithALargeWindow()
    {
        var queue = await Entities.Queue();
        var connection = await Connected();
        var session = new Amqp.Session(connection, new Begin { IncomingWindow = uint.MaxValue, OutgoingWindow = uint.MaxValue, NextOutgoingId = uint.MaxValue - 3, HandleMax = 255 }, null);
        var sender = new SenderLink(session, "out", queue);
        for (var number = 0; number < 20; number++) await sender.SendAsync(new Message(number), Wait);
        var receiver = new ReceiverLink(session, "in", queue);
        receiver.SetCredit(50, false);
        for (var number = 0; number < 20; number++)
        {
            var got = await receiver.ReceiveAsync(Wait);
            Must.Equal(number, (int)got.Body, "the order");
            receiver.Accept(got);
        }
    }

    public static async Task AMissingEntityIsNamed()
    {
        var session = new Amqp.Session(await Connected());
        var problem = await Must.Throw<AmqpException>(() => new SenderLink(session, "out", "no-such-entity").SendAsync(new Message("x"), Wait));
        Must.Equal("amqp:not-found", $"{problem.Error.Condition}", "the condition");
    }
}
