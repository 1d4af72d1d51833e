using System.Globalization;
using System.Text;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Encryption;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Ingest.DeadLetters;
using CartRecovery.Engine.Ingest.DeadLetters.Repair;
using CartRecovery.Host.Api.DeadLetters;
using CartRecovery.Host.Commands.Backtest;
using CartRecovery.Host.Data;
using CartRecovery.Host.Output;

namespace CartRecovery.Host.Commands.Maintenance;

/// <summary>
/// <c>deadletters</c>. Reading actions read the files, with or without a running engine; actions that change something call the engine.
/// </summary>
static class DeadLettersCommand
{
    public const string Examples = """
          cartrecovery deadletters list                        the rejected events, and why
          cartrecovery deadletters list --code wrong_type      ... those rejected for one reason
          cartrecovery deadletters show 17                     one letter with its whole event
          cartrecovery deadletters repair 17                   show what a repair would change; changes nothing
          cartrecovery deadletters replay 17 18                repair them and send them in again
          cartrecovery deadletters replay --all --limit 100    ... the first hundred that wait
          cartrecovery deadletters replay 17 --event e.json    send this event in place of letter 17's
          cartrecovery deadletters drop 17                     give it up
        """;

    const int DefaultListLimit = 50;

    public static async Task<int> RunAsync(DeadLettersOptions options)
    {
        if (WrongUsage(options, out var ids, out var state) is { } wrong)
        {
            Console.Error.WriteLine($"error: {wrong}");
            return ExitCode.BadUsage;
        }

        if (ConfigFile.Load(ConfigFile.Locate(options.Config)) is not { } config)
        {
            return ExitCode.BadConfiguration;
        }

        try
        {
            if (options.Store is { } store && JournalFiles.StoresOf(config).All is var stores && stores.Find(store) is null)
            {
                Console.Error.WriteLine($"error: {UsageErrors.UnknownStore(store, stores)}");
                return ExitCode.BadUsage;
            }

            var folder = FolderOf(config);
            using var keys = FolderKeys.OpenForReading(config);
            if (options.Action == "list")
            {
                return List(options, DeadLetterFiles.Read(folder, keys: keys).Where(l => IsWanted(l, options) && (state is null || l.Mark.State == state)));
            }

            var letters = Select(options, folder, ids, keys);
            var missing = ids.Except(letters.Select(l => l.Id)).ToArray();
            foreach (var id in missing)
            {
                Console.Error.WriteLine($"error: no dead letter {id}{(options.Store is null ? "" : " in this store")}; see: cartrecovery deadletters list");
            }

            var code = options.Action switch
            {
                "show" => Show(options, letters),
                "repair" => Repair(options, config, letters),
                "replay" => await DeadLettersClient.ReplayAsync(options, config, letters),
                _ => await DeadLettersClient.DropAsync(options, config, letters),
            };
            return missing.Length > 0 ? ExitCode.Failed : code;
        }
        catch (DataFolderException e)
        {
            return CommandErrors.Print(e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return CommandErrors.Print(e);
        }
    }

    /// <summary>Returns the folder of a configuration's dead letters.</summary>
    public static string FolderOf(CartRecoveryConfig config) => Path.Combine(config.Data, "deadletters");

    static string? WrongUsage(DeadLettersOptions options, out HashSet<long> ids, out DeadLetterState? state)
    {
        ids = [];
        state = null;
        if (options.Action is not ("list" or "show" or "repair" or "replay" or "drop"))
        {
            return $"unknown action '{options.Action}'; expected list, show, repair, replay or drop";
        }

        foreach (var text in options.Ids)
        {
            if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) || id == 0)
            {
                return $"'{text}' is not a dead letter number";
            }

            ids.Add(id);
        }

        return options.Action == "list" && (ids.Count > 0 || options.All) ? "list takes no numbers; use show"
            : options.Action != "list" && ids.Count == 0 && !options.All ? "no dead letters selected: give their numbers, or --all"
            : ids.Count > 0 && options.All ? "give numbers or --all, not both"
            : options.Limit is < 1 ? "--limit: expected 1 or more"
            : !DeadLetterJson.TryParseState(options.State, out state) ? "--state: expected waiting, replayed, dropped or all"
            : options.Event is not null && (options.Action != "replay" || ids.Count != 1) ? "--event needs a single dead letter: replay ID --event FILE"
            : null;
    }

    static bool IsWanted(DeadLetter letter, DeadLettersOptions options) =>
        (options.Store is null || letter.Store == options.Store) && (options.Code is null || letter.Code == options.Code);

    static List<DeadLetter> Select(DeadLettersOptions options, string folder, HashSet<long> ids, KeyVault? keys) => options.All
        ? [.. DeadLetterFiles.Read(folder, keys: keys).Where(l => l.Mark.State == DeadLetterState.Waiting && IsWanted(l, options)).Take(options.Limit ?? int.MaxValue)]
        : [.. DeadLetterFiles.Read(folder, ids.Min() - 1, keys).TakeWhile(l => l.Id <= ids.Max()).Where(l => ids.Contains(l.Id) && IsWanted(l, options))];

    static int List(DeadLettersOptions options, IEnumerable<DeadLetter> letters)
    {
        var limit = options.Limit ?? DefaultListLimit;
        var page = letters.Take(limit + 1).ToList();
        if (options.Json)
        {
            foreach (var letter in page.Take(limit))
            {
                TerminalText.WriteJson(writer => DeadLetterJson.Write(writer, letter, whole: false));
            }

            return ExitCode.Success;
        }

        if (page.Count == 0)
        {
            Console.WriteLine(options.State == "waiting" ? "No dead letters are waiting." : "No dead letters.");
            return ExitCode.Success;
        }

        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        string[][] rows =
        [
            ["ID", "AGE", "STORE", "CODE", "MESSAGE", "EVENT"],
            .. page.Take(limit).Select(l => new[]
            {
                l.Id.ToString(CultureInfo.InvariantCulture), TerminalText.AgeOf(now - l.At), TerminalText.Cut(l.Store, 20), l.Code,
                TerminalText.Cut(l.Message, 48), TerminalText.Cut(DeadLetterJson.PreviewOf(l, 60), 60),
            }),
        ];
        Terminal.WriteTable(rows, 0);
        if (page.Count > limit)
        {
            Console.WriteLine($"There are more; use --limit {limit * 2L}");
        }

        return ExitCode.Success;
    }

    static int Show(DeadLettersOptions options, List<DeadLetter> letters)
    {
        foreach (var letter in letters)
        {
            if (options.Json)
            {
                TerminalText.WriteJson(writer => DeadLetterJson.Write(writer, letter, whole: true));
                continue;
            }

            Console.WriteLine($"letter      {letter.Id}, {DeadLetterJson.NameOf(letter.Mark.State)}"
                + (letter.Mark.EventId is { } eventId ? $" as {TerminalText.Clean(eventId)}" : "")
                + (letter.Mark.State == DeadLetterState.Waiting ? "" : $" at {TimeText.Of(letter.Mark.At)}"));
            Console.WriteLine($"received    {TimeText.Of(letter.At)} over {letter.Protocol}"
                + (letter.Connection == 0 ? "" : $", connection {letter.Connection}"));
            Console.WriteLine($"store       {letter.Store}, with a {(letter.FromServer ? "secret" : "publishable")} key");
            Console.WriteLine($"rejected    {letter.Code}: {letter.Message}");
            Console.WriteLine($"event       {letter.Event.Length:N0} bytes{(letter.IsTruncated ? ", truncated" : "")}{(letter.IsLocked ? ", encrypted under a key that is not there" : "")}");
            Console.WriteLine();
            Console.WriteLine(TerminalText.Clean(Encoding.UTF8.GetString(letter.Event)));
            Console.WriteLine();
        }

        return ExitCode.Success;
    }

    static int Repair(DeadLettersOptions options, CartRecoveryConfig config, List<DeadLetter> letters)
    {
        var failed = 0;
        foreach (var letter in letters)
        {
            var repair = EventRepair.Of(letter, RulesFor(config, letter));
            failed += repair.IsUsable ? 0 : 1;
            if (options.Json)
            {
                TerminalText.WriteJson(writer => DeadLetterJson.Write(writer, letter.Id, repair));
                continue;
            }

            Console.WriteLine($"letter {letter.Id}: {letter.Code}: {letter.Message}");
            TerminalText.WriteDifference(repair.Lines);
            foreach (var rule in repair.Changes.Select(c => c.Rule).Distinct())
            {
                Console.WriteLine($"    rule: {rule}");
            }

            Console.WriteLine(!repair.IsUsable ? $"    not repairable: {repair.Problem.Code}: {repair.Problem.Message}"
                : letter.Mark.State == DeadLetterState.Replayed ? "    already replayed"
                : repair.Changes.Count == 0 ? "    valid without changes" : "    valid after the repair");
            Console.WriteLine();
        }

        if (!options.Json && letters.Count > 0)
        {
            Console.WriteLine($"{letters.Count - failed} of {letters.Count} can be replayed. Nothing was changed; to replay them: cartrecovery deadletters replay"
                + (options.All ? " --all" : $" {string.Join(' ', letters.Take(20).Select(l => l.Id))}"));
        }

        return failed == 0 ? ExitCode.Success : ExitCode.Failed;
    }

    static EventRules RulesFor(CartRecoveryConfig config, DeadLetter letter) => new(
        Encoding.UTF8.GetBytes(letter.Store), StoreNumber: 0, letter.FromServer, (int)config.Limits.Event.Bytes,
        (long)config.Limits.Past.Value.TotalMilliseconds, (long)config.Limits.Future.Value.TotalMilliseconds);
}
