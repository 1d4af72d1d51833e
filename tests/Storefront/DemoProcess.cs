using System.Text.RegularExpressions;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Storefront;

/// <summary>A running <c>cartrecovery demo --keep</c> that has streamed its night.</summary>
sealed partial class DemoProcess : IAsyncDisposable
{
    readonly Scratch _scratch;
    readonly EngineOutput _process;

    DemoProcess(Scratch scratch, EngineOutput process)
    {
        _scratch = scratch;
        _process = process;
        Shop = new Uri(ShopAddress().Match(process.Text).Groups["address"].Value);
        Http = new HttpClient { BaseAddress = new Uri(Shop, "/"), Timeout = EngineBinary.Deadline };
    }

    /// <summary>The shop's address from its output.</summary>
    public Uri Shop { get; }

    public HttpClient Http { get; }

    /// <summary>A store's secret key from its output.</summary>
    public string KeyOf(string store) => PrintedKey().Matches(_process.Text).Single(line => line.Groups["store"].Value == store).Groups["key"].Value;

    public static async Task<DemoProcess> StartAsync()
    {
        var scratch = new Scratch();
        var folder = Path.Combine(Repository.Root, "config");
        // The shipped configuration with less memory.
        var text = (await File.ReadAllTextAsync(Path.Combine(folder, "cartrecovery.yaml")))
            .Replace("carts: 1GB", "carts: 64MB", StringComparison.Ordinal);
        var process = new EngineOutput(
            EngineBinary.Start(scratch.Folder, ["demo", "--seconds", "1", "--keep", "--port", "0", "--config", scratch.Write("demo.yaml", text)]));
        await Eventually.Is(() => process.HasEnded || PrintedKey().Count(process.Text) == 2,
            () => $"the demo prints its shop's address; output:\n{process.Text}{process.Errors}");
        if (process.HasEnded)
        {
            Assert.Fail($"The demo exited: {await process.EndAsync()}");
        }

        return new DemoProcess(scratch, process);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _process.DisposeAsync();
        _scratch.Dispose();
    }

    [GeneratedRegex("^  (?<address>http://[0-9.:]+/shop) ", RegexOptions.Multiline)]
    private static partial Regex ShopAddress();

    [GeneratedRegex("^  curl -H \"X-Api-Key: (?<key>[^\"]+)\" http://[0-9.:]+/v1/analytics/revenue   (?<store>[^:]+):.*\n", RegexOptions.Multiline)]
    private static partial Regex PrintedKey();
}
