using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Reflection;
using System.Text.Json;
using CartRecovery.Contracts;
using CartRecovery.Engine.Delivery;
using CartRecovery.Plugins.Http;
using CartRecovery.Tests.Support;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace CartRecovery.Tests.Plugins;

/// <summary>Compiles and runs the example sinks of plugins/README.md.</summary>
sealed class ReadmeExampleTests
{
    // The usings added by ImplicitUsings.
    const string ImplicitUsings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    [Test]
    public async Task The_example_compiles_against_the_contracts_and_delivers_over_a_broken_connection()
    {
        var spec = SpecOf("LinesSink", typeof(ISink));
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var received = new ConcurrentQueue<string>();
        var connections = new ConcurrentQueue<TcpClient>();
        _ = CollectAsync(listener, received, connections);

        using var log = new LogLines();
        var settings = new SinkSettings("collector", spec, new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["host"] = "127.0.0.1",
            ["port"] = ((IPEndPoint)listener.LocalEndpoint).Port.ToString(),
        });
        var runner = new SinkRunner("collector", spec, settings,
            new SinkRunnerOptions { RetryDelay = TimeSpan.FromMilliseconds(1) }, TimeProvider.System, log);
        runner.Start();
        Enqueue(runner, Interventions.Many(20));
        await Eventually.Is(() => received.Count == 20, "the first half arrived");
        Assert.That((await runner.CheckHealthAsync(default)).Health, Is.EqualTo(new SinkHealth(true, "connected")));

        Assert.That(connections.TryDequeue(out var client));
        client!.Dispose();
        await Eventually.Is(() => !runner.CheckHealthAsync(default).Result.Health.Healthy, "the sink detects that the collector is gone");
        Enqueue(runner, Interventions.Many(20, first: 20));
        await runner.DrainAsync(Eventually.Deadline);
        await Eventually.Is(() => received.Count == 40, "the second half arrived over a new connection");
        Assert.That(
            received.Select(line => JsonSerializer.Deserialize(line, ContractsJson.Default.Intervention)!.Id).Order(),
            Is.EqualTo(Interventions.Many(40).Select(item => item.Id)));
        Assert.That(Enum.GetValues<ActionKind>().Sum(action => runner.Count(action, FinalOutcome.Delivered)), Is.EqualTo(40));
        foreach (var open in connections)
        {
            open.Dispose();
        }
    }

    [TestCase("0")]
    [TestCase("http")]
    public void The_example_rejects_an_invalid_port(string port)
    {
        var spec = SpecOf("LinesSink", typeof(ISink));
        var values = new Dictionary<string, string>(StringComparer.Ordinal) { ["host"] = "x", ["port"] = port };
        Assert.That(() => new SinkSettings("x", spec, values), Throws.InstanceOf<SinkConfigurationException>().With.Property("Option").EqualTo("port"));
    }

    [Test]
    public async Task The_HTTP_example_posts_JSON_with_its_token()
    {
        await using var receiver = await Receiver.StartAsync(200);
        var spec = SpecOf("NtfySink", typeof(ISink), typeof(HttpSink));
        var settings = new SinkSettings("phone", spec, new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["url"] = receiver.Root,
            ["topic"] = "carts",
            ["token"] = "tk_1",
        });
        await using var sink = spec.Create(settings).Sink;
        var batch = new DeliveryBatch([Interventions.One(0) with { Subject = "Left" }, Interventions.One(1)]);
        await sink.WriteAsync(batch, default);

        Assert.That(Enumerable.Range(0, 2).Select(batch.VerdictOf), Is.All.EqualTo(DeliveryVerdict.Delivered));
        Assert.That(receiver.Posts.Select(post => post.Headers["authorization"]), Is.All.EqualTo("Bearer tk_1"));
        Assert.That(receiver.Posts.Select(post => JsonDocument.Parse(post.Body).RootElement)
            .Select(body => (body.GetProperty("topic").GetString(), body.GetProperty("title").GetString(), body.GetProperty("message").GetString())),
            Is.EquivalentTo(batch.Items.Select(item => ("carts", item.Subject ?? item.Campaign, item.Message))));
    }

    static SinkSpec SpecOf(string name, params Type[] references) =>
        (SinkSpec)Compile(CodeBlockOf(name), references).GetType($"CartRecovery.Plugins.{name}", throwOnError: true)!.GetProperty("Spec")!.GetValue(null)!;

    static string CodeBlockOf(string name) =>
        File.ReadAllText(Path.Combine(Repository.Root, "plugins", "README.md")).Split("```csharp\n").Skip(1)
            .Select(block => block[..block.IndexOf("```", StringComparison.Ordinal)])
            .Single(code => code.Contains($"class {name} ", StringComparison.Ordinal));

    static Assembly Compile(string code, Type[] referenced)
    {
        var parse = CSharpParseOptions.Default.WithLanguageVersion(LanguageVersion.Latest);
        var framework = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => Path.GetDirectoryName(path) == framework)
            .Concat(referenced.Select(type => type.Assembly.Location))
            .Select(path => MetadataReference.CreateFromFile(path));
        var compilation = CSharpCompilation.Create(
            "ReadmeExample",
            [CSharpSyntaxTree.ParseText(ImplicitUsings, parse), CSharpSyntaxTree.ParseText(code, parse, path: "plugins/README.md")],
            references,
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));
        using var assembly = new MemoryStream();
        var result = compilation.Emit(assembly);
        Assert.That(result.Diagnostics.Where(diagnostic => diagnostic.Severity >= DiagnosticSeverity.Warning), Is.Empty);
        return Assembly.Load(assembly.ToArray());
    }

    static async Task CollectAsync(TcpListener listener, ConcurrentQueue<string> received, ConcurrentQueue<TcpClient> connections)
    {
        try
        {
            while (true)
            {
                var client = await listener.AcceptTcpClientAsync();
                connections.Enqueue(client);
                _ = ReadAsync(client);
            }
        }
        catch (Exception stopped) when (stopped is SocketException or ObjectDisposedException)
        {
            // The test ended.
        }

        async Task ReadAsync(TcpClient client)
        {
            try
            {
                using var reader = new StreamReader(client.GetStream());
                while (await reader.ReadLineAsync() is { } line)
                {
                    received.Enqueue(line);
                }
            }
            catch (IOException)
            {
                // Closed by the test.
            }
        }
    }

    static void Enqueue(SinkRunner runner, IEnumerable<Intervention> items)
    {
        foreach (var item in items)
        {
            Assert.That(runner.TryEnqueue(item));
        }
    }
}
