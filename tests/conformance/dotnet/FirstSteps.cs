// The snippets of emulator/docs/your-client.md, each run as a case.
using Azure.Messaging.ServiceBus;
using Azure.Messaging.ServiceBus.Administration;

namespace Conformance;

[Cases("messaging")]
public static class FirstSteps
{
    public static async Task AsOnThePage()
    {
        var port = Service.Port;
        string body;
        switch (Service.Transport)
        {
            case "plain":
                body = await Plain(port);
                break;
            case "tls":
                body = await Tls(port);
                break;
            default:
                body = await WebSocket(port, Service.Tls);
                break;
        }
        Must.Equal("hello", body, "what came back");
    }

    static async Task<string> Plain(int port)
    {
        var name = Entities.Name("steps");
        // snippet: plain
        var connection = $"Endpoint=sb://localhost:{port};SharedAccessKeyName=RootManageSharedAccessKey;"
            + "SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true";
        var administration = new ServiceBusAdministrationClient(connection);
        await administration.CreateQueueAsync(name);
        await using var client = new ServiceBusClient(connection);
        await client.CreateSender(name).SendMessageAsync(new ServiceBusMessage("hello"));
        var receiver = client.CreateReceiver(name);
        var message = await receiver.ReceiveMessageAsync();
        await receiver.CompleteMessageAsync(message);
        // end of snippet
        await administration.DeleteQueueAsync(name);
        return message.Body.ToString();
    }

    static async Task<string> Tls(int port)
    {
        var name = await Entities.Queue();
        // snippet: tls
        // SSL_CERT_FILE=DIR/tls/certificate.pem; over TLS this client forgets the port unless it stands here as well
        var connection = $"Endpoint=sb://localhost:{port};SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE";
        await using var client = new ServiceBusClient(connection, new ServiceBusClientOptions
        {
            CustomEndpointAddress = new Uri($"sb://localhost:{port}"),
        });
        // end of snippet
        return await ThereAndBack(client, name);
    }

    static async Task<string> WebSocket(int port, bool tls)
    {
        var name = await Entities.Queue();
        if (tls)
        {
            await using var secure = new ServiceBusClient(Service.ConnectionString, Service.Options());
            return await ThereAndBack(secure, name);
        }
        // snippet: websocket
        var connection = $"Endpoint=sb://localhost:{port};SharedAccessKeyName=RootManageSharedAccessKey;"
            + "SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true";
        await using var client = new ServiceBusClient(connection, new ServiceBusClientOptions
        {
            TransportType = ServiceBusTransportType.AmqpWebSockets,
        });
        // end of snippet
        return await ThereAndBack(client, name);
    }

    static async Task<string> ThereAndBack(ServiceBusClient client, string name)
    {
        await client.CreateSender(name).SendMessageAsync(new ServiceBusMessage("hello"));
        return (await client.CreateReceiver(name).ReceiveMessageAsync()).Body.ToString();
    }
}
