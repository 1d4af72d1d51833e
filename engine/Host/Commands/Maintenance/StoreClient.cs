using System.Net;
using System.Text.Json;
using CartRecovery.Host.Commands.Backtest;
using CartRecovery.Host.Output;

namespace CartRecovery.Host.Commands.Maintenance;

/// <summary>Asks the running engine about one store, over its HTTP API with the store's secret key.</summary>
sealed class StoreClient(HttpClient http)
{
    static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    /// <summary>Runs an action against the engine of a configuration, and prints what it refuses.</summary>
    /// <param name="options">Name the configuration and the store.</param>
    /// <param name="action">The action; returns the exit code.</param>
    public static async Task<int> UseAsync(StoreOptions options, Func<StoreClient, Task<int>> action)
    {
        if (ConfigFile.Load(ConfigFile.Locate(options.Config)) is not { } config)
        {
            return ExitCode.BadConfiguration;
        }

        if (options.Store is { } named && !config.Stores.Exists(store => store.Id == named))
        {
            Console.Error.WriteLine($"error: {UsageErrors.UnknownStore(named, JournalFiles.StoresOf(config).All)}");
            return ExitCode.BadUsage;
        }

        if (options.Store is null && config.Stores.Count != 1)
        {
            Console.Error.WriteLine($"error: --store: expected one of {string.Join(", ", config.Stores.Select(store => store.Id))}");
            return ExitCode.BadUsage;
        }

        try
        {
            using var http = EngineClient.For(config, options.Store ?? config.Stores[0].Id, s_patience);
            return await action(new StoreClient(http));
        }
        catch (HttpRequestException e) when (e.StatusCode is null)
        {
            Console.Error.WriteLine($"error: no engine answers at {EngineClient.AddressOf(config)} ({e.Message}); start it with: "
                + $"cartrecovery run{(options.Config is null ? "" : $" --config {options.Config}")}");
            return ExitCode.Failed;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException or UnauthorizedAccessException)
        {
            return CommandErrors.Print(e);
        }
    }

    /// <summary>Returns up to so many items of a list, over its pages.</summary>
    /// <exception cref="HttpRequestException">The engine refuses, or does not answer.</exception>
    public async Task<List<JsonElement>> ListAsync(string path, int limit)
    {
        const int MaxPage = 100;
        var items = new List<JsonElement>();
        string? cursor = null;
        do
        {
            var query = $"{path}?limit={Math.Min(MaxPage, limit - items.Count)}{(cursor is null ? "" : $"&cursor={Uri.EscapeDataString(cursor)}")}";
            using var page = await SendAsync(HttpMethod.Get, query);
            items.AddRange(page.RootElement.GetProperty("items").EnumerateArray().Select(item => item.Clone()));
            cursor = page.RootElement.TryGetProperty("next", out var next) ? next.GetString() : null;
        }
        while (cursor is not null && items.Count < limit);
        return items;
    }

    /// <summary>Sends a request and returns its answer.</summary>
    /// <param name="method">The method.</param>
    /// <param name="path">The path, with its query.</param>
    /// <param name="json">The body; null for none.</param>
    /// <exception cref="HttpRequestException">The engine refuses, or does not answer.</exception>
    public async Task<JsonDocument> SendAsync(HttpMethod method, string path, byte[]? json = null) => JsonDocument.Parse(await ReadAsync(method, path, json, "application/json"));

    /// <summary>Returns the bytes of an answer of a media type.</summary>
    /// <inheritdoc cref="SendAsync"/>
    public async Task<byte[]> ReadAsync(HttpMethod method, string path, byte[]? json, string accept)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Accept.ParseAdd(accept);
        if (json is not null)
        {
            request.Content = new ByteArrayContent(json) { Headers = { ContentType = new("application/json") } };
        }

        using var response = await http.SendAsync(request);
        var body = await response.Content.ReadAsByteArrayAsync();
        return response.IsSuccessStatusCode ? body : throw new HttpRequestException(ProblemOf(response.StatusCode, body), inner: null, response.StatusCode);
    }

    static string ProblemOf(HttpStatusCode status, byte[] body)
    {
        try
        {
            using var problem = JsonDocument.Parse(body);
            return TerminalText.Clean($"{problem.RootElement.GetProperty("code").GetString()}: {problem.RootElement.GetProperty("detail").GetString()}");
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return $"the engine answers {(int)status}";
        }
    }
}
