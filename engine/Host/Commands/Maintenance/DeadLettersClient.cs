using System.Text;
using System.Text.Json;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Ingest.DeadLetters;
using CartRecovery.Host.Api.DeadLetters;
using CartRecovery.Host.Data;
using CartRecovery.Host.Output;

namespace CartRecovery.Host.Commands.Maintenance;

/// <summary>Makes the running engine replay or drop dead letters, over its HTTP API with the configuration's secret keys.</summary>
static class DeadLettersClient
{
    const int ChunkOfIds = 1000;

    static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    /// <summary>Replays dead letters and prints the outcome of each.</summary>
    public static async Task<int> ReplayAsync(DeadLettersOptions options, CartRecoveryConfig config, List<DeadLetter> letters)
    {
        var given = options.Event is { } path ? await File.ReadAllBytesAsync(path) : null;
        if (given is not null && !IsObject(given))
        {
            Console.Error.WriteLine($"error: {options.Event} is not an event: expected one JSON object");
            return ExitCode.BadUsage;
        }

        var outcomes = new List<ReplayOutcome>();
        try
        {
            foreach (var (store, ids) in Requests(letters))
            {
                using var response = await PostAsync(config, store, "/v1/deadletters/replay", ids, given);
                outcomes.AddRange(response.RootElement.GetProperty("letters").EnumerateArray().Select(Read));
            }
        }
        catch (HttpRequestException e) when (e.StatusCode is null)
        {
            Console.Error.WriteLine($"error: no engine answers at {EngineClient.AddressOf(config)} ({e.Message}). Replay goes through a running engine; start it with: "
                + $"cartrecovery run{(options.Config is null ? "" : $" --config {options.Config}")}");
            return ExitCode.Failed;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            return CommandErrors.Print(e);
        }

        Print(options, outcomes);
        return outcomes.TrueForAll(o => o.Outcome is ReplayOutcome.Replayed or ReplayOutcome.AlreadyReplayed) ? ExitCode.Success : ExitCode.Failed;
    }

    /// <summary>
    /// Drops dead letters, through the engine or, if none runs, in the files. A store that is no longer configured has no key, so its letters
    /// are dropped in the files alone.
    /// </summary>
    public static async Task<int> DropAsync(DeadLettersOptions options, CartRecoveryConfig config, List<DeadLetter> letters)
    {
        letters.RemoveAll(letter => letter.Mark.State == DeadLetterState.Dropped);
        try
        {
            foreach (var (store, ids) in Requests(letters.FindAll(letter => IsConfigured(config, letter.Store))))
            {
                (await PostAsync(config, store, "/v1/deadletters/drop", ids, given: null)).Dispose();
            }
        }
        catch (HttpRequestException e) when (e.StatusCode is null)
        {
            DropInFiles(config, letters.FindAll(letter => IsConfigured(config, letter.Store)));
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            return CommandErrors.Print(e);
        }

        DropInFiles(config, letters.FindAll(letter => !IsConfigured(config, letter.Store)));
        if (options.Json)
        {
            TerminalText.WriteJson(writer =>
            {
                writer.WriteStartObject();
                writer.WriteNumber("dropped"u8, letters.Count);
                writer.WriteEndObject();
            });
        }
        else
        {
            Console.WriteLine($"dropped {letters.Count}");
        }

        return ExitCode.Success;
    }

    static bool IsConfigured(CartRecoveryConfig config, string store) => config.Stores.Exists(s => s.Id == store);

    static void DropInFiles(CartRecoveryConfig config, List<DeadLetter> letters)
    {
        if (letters.Count == 0)
        {
            return;
        }

        // Fails without a change if an engine holds the lock but does not answer.
        using var data = DataFolder.Open(config);
        using var store = new DeadLetterStore(DeadLettersCommand.FolderOf(config),
            new DeadLetterBounds(config.DeadLetters.Size.Bytes, config.DeadLetters.Age), TimeProvider.System);
        store.Mark([.. letters.Select(letter => (letter.Id, (string?)null))], DeadLetterState.Dropped);
    }

    static IEnumerable<(string Store, long[] Ids)> Requests(List<DeadLetter> letters) =>
        letters.GroupBy(l => l.Store, StringComparer.Ordinal).SelectMany(g => g.Select(l => l.Id).Chunk(ChunkOfIds).Select(ids => (g.Key, ids)));

    static async Task<JsonDocument> PostAsync(CartRecoveryConfig config, string store, string path, long[] ids, byte[]? given)
    {
        using var client = EngineClient.For(config, store, s_patience);
        using var content = new StringContent($"{{\"ids\":[{string.Join(',', ids)}]{(given is null ? "" : $",\"event\":{Encoding.UTF8.GetString(given)}")}}}",
            Encoding.UTF8, "application/json");
        using var response = await client.PostAsync(path, content);
        var body = await response.Content.ReadAsByteArrayAsync();
        if (response.IsSuccessStatusCode)
        {
            return JsonDocument.Parse(body);
        }

        throw new HttpRequestException($"the engine answers {(int)response.StatusCode}: {Encoding.UTF8.GetString(body)}", inner: null, response.StatusCode);
    }

    static ReplayOutcome Read(JsonElement letter) => new(
        letter.GetProperty("id").GetInt64(), letter.GetProperty("outcome").GetString()!,
        letter.TryGetProperty("eventId", out var eventId) ? eventId.GetString() : null,
        letter.TryGetProperty("code", out var code)
            ? new Engine.Events.EventProblem(Engine.Events.EventProblem.ErrorOf(code.GetString()!), letter.GetProperty("message").GetString()!) : default);

    static void Print(DeadLettersOptions options, List<ReplayOutcome> outcomes)
    {
        if (options.Json)
        {
            TerminalText.WriteJson(writer => DeadLetterJson.Write(writer, outcomes));
            return;
        }

        foreach (var outcome in outcomes)
        {
            var eventId = TerminalText.Clean(outcome.EventId ?? "");
            Console.WriteLine($"{outcome.Id,8}  " + outcome.Outcome switch
            {
                ReplayOutcome.Replayed => $"replayed as {eventId}",
                ReplayOutcome.AlreadyReplayed => $"replayed earlier as {eventId}; skipped",
                ReplayOutcome.AlreadyDropped => "dropped earlier; skipped",
                ReplayOutcome.NotRepairable => $"not repairable: {outcome.Problem.Code}: {outcome.Problem.Message}",
                ReplayOutcome.Rejected => $"rejected temporarily: {outcome.Problem.Code}: {outcome.Problem.Message}",
                _ => "gone",
            });
        }

        Console.WriteLine($"replayed {outcomes.Count(o => o.Outcome == ReplayOutcome.Replayed)} of {outcomes.Count}");
    }

    static bool IsObject(byte[] json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return document.RootElement.ValueKind == JsonValueKind.Object;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
