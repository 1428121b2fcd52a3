#:package Azure.Messaging.ServiceBus@7.21.0
using Azure.Messaging.ServiceBus;
using Azure.Messaging.ServiceBus.Administration;

var connection = Environment.GetEnvironmentVariable("SERVICEBUS_CONNECTION_STRING")!;
var admin = new ServiceBusAdministrationClient(connection);

var retry = new ServiceBusClientOptions().RetryOptions;
var receiver = new ServiceBusReceiverOptions();
var processor = new ServiceBusProcessorOptions();
var sessions = new ServiceBusSessionProcessorOptions();
var renewal = processor.MaxAutoLockRenewalDuration;
Console.WriteLine($"retries:              {retry.MaxRetries}, {retry.Mode}");
Console.WriteLine($"base of the delays:   {retry.Delay.TotalSeconds} seconds");
Console.WriteLine($"longest delay:        {retry.MaxDelay.TotalSeconds} seconds");
Console.WriteLine($"receive mode:         {receiver.ReceiveMode}");
Console.WriteLine($"prefetch:             {receiver.PrefetchCount}");
Console.WriteLine($"lock renewal at most: {renewal.TotalSeconds} seconds");

// A queue that this client creates, as the service has it then.
var name = $"csharp.default.{Guid.NewGuid():N}"[..24];
QueueProperties queue = await admin.CreateQueueAsync(new CreateQueueOptions(name)
{
    RequiresDuplicateDetection = true,
});
var window = queue.DuplicateDetectionHistoryTimeWindow;
Console.WriteLine($"lock of a new queue:  {queue.LockDuration.TotalSeconds} seconds");
Console.WriteLine($"its duplicate window: {window.TotalSeconds} seconds");
Console.WriteLine($"its deliveries:       {queue.MaxDeliveryCount}");
await admin.DeleteQueueAsync(name);

// What the Python client does not have.
Console.WriteLine($"limit of one try:     {retry.TryTimeout.TotalSeconds} seconds");
Console.WriteLine($"handlers at once:     {processor.MaxConcurrentCalls}");
Console.WriteLine($"sessions at once:     {sessions.MaxConcurrentSessions}");
Console.WriteLine($"in one session:       {sessions.MaxConcurrentCallsPerSession}");
