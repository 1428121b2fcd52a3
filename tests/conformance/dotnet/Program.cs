// Runs every case, several at a time, and prints one line of JSON for each: its name, why it failed if it did, how long
// it took.
//
//   dotnet run -- messaging|amqp [part of a name]…
//
// SERVICEBUS_CONNECTION says where the service is; TRANSPORT is plain, tls, websocket or websocket-tls. Over TLS the
// runtime trusts the certificates of SSL_CERT_FILE.
using System.Diagnostics;
using System.Reflection;
using System.Text.Json;

namespace Conformance;

/// <summary>A class whose public static methods without arguments are cases.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class CasesAttribute(string set) : Attribute
{
    public string Set { get; } = set;
}

public static class Program
{
    const int AtOnce = 6;
    static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    public static async Task<int> Main(string[] arguments)
    {
        var set = arguments.FirstOrDefault() ?? "messaging";
        var wanted = arguments.Skip(1).ToArray();
        var cases = (
            from type in Assembly.GetExecutingAssembly().GetTypes()
            where type.GetCustomAttribute<CasesAttribute>()?.Set == set
            from method in type.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly)
            where method.ReturnType == typeof(Task) && method.GetParameters().Length == 0
            let name = $"{type.Name}.{method.Name}"
            where wanted.Length == 0 || wanted.Any(name.Contains)
            orderby name
            select (name, run: method.CreateDelegate<Func<Task>>())).ToList();
        var failed = 0;
        await Parallel.ForEachAsync(cases, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (one, _) =>
        {
            var watch = Stopwatch.StartNew();
            string error = null;
            try
            {
                await Entities.ForACase(one.run).WaitAsync(Limit);
            }
            catch (Exception problem)
            {
                error = problem.ToString();
                Interlocked.Increment(ref failed);
            }
            Console.WriteLine(JsonSerializer.Serialize(new { one.name, error, tookSeconds = watch.Elapsed.TotalSeconds })
                .Replace("\"name\": ", "\"name\":"));
        });
        return failed == 0 ? 0 : 1;
    }
}
