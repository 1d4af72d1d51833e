using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Settings;
using CartRecovery.Engine.ControlPlane.Settings;
using CartRecovery.Host.Output;
using CartRecovery.Host.Settings;

namespace CartRecovery.Host.Commands.Control;

/// <summary>Implements <c>config</c>: shows and changes the settings. A running engine applies a change within a second.</summary>
static class SettingsCommand
{
    const int MaxHistory = 500, MaxReason = 256;

    static readonly JsonSerializerOptions s_plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    static readonly JsonSerializerOptions s_readable = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Task<int> RunAsync(SettingsOptions options)
    {
        var problem = options.Action switch
        {
            "show" or "diff" or "export" or "history" or "reset" => options.Value is null ? null : $"config {options.Action}: unexpected '{options.Value}'",
            "set" => options.Value is null ? "config set: expected a key and a value" : null,
            "rollback" => long.TryParse(options.Key, NumberStyles.None, CultureInfo.InvariantCulture, out _) ? null : "config rollback: expected the number of a version",
            _ => $"unknown action '{options.Action}'; expected show, diff, export, history, set, reset or rollback",
        };
        problem ??= options.Reason is { Length: > MaxReason } ? $"--reason: expected at most {MaxReason} characters" : null;
        if (problem is not null)
        {
            Console.Error.WriteLine($"error: {problem}");
            return Task.FromResult(ExitCode.BadUsage);
        }

        var path = ConfigFile.Locate(options.Config);
        return ControlAccess.UseAsync(options.Config, async (control, file) =>
        {
            try
            {
                return await RunAsync(options, path, file, new SettingsStore(control));
            }
            catch (SettingsException e)
            {
                foreach (var line in e.Problems.Count == 0 ? [$"error: {e.Code}: {e.Message}"] : e.Problems)
                {
                    Console.Error.WriteLine(line);
                }

                return ExitCode.Failed;
            }
        });
    }

    static async Task<int> RunAsync(SettingsOptions options, string path, CartRecoveryConfig file, SettingsStore store)
    {
        var head = await store.HeadAsync();
        var overlay = SettingsOverlay.Parse(head.Overlay);
        switch (options.Action)
        {
            case "history":
                Terminal.WriteTable([["VERSION", "AT", "BY", "CHANGED", "WHY"], .. (await store.ListAsync(long.MaxValue, MaxHistory)).Select(version => (string[])
                [
                    version.Number.ToString(CultureInfo.InvariantCulture), version.At.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture), version.By,
                    string.Join(", ", JsonNode.Parse(version.Changes)!.AsArray().Select(change => (string?)change!["path"])), version.Reason,
                ])]);
                return ExitCode.Success;
            case "show" or "diff" or "export":
                return Show(options, Load(path, overlay), file, overlay);
        }

        var edit = options.Action switch
        {
            "set" => new SettingsEdit(SettingsEdit.Set, options.Key!, ValueOf(options.Value!)),
            "reset" => new SettingsEdit(SettingsEdit.Remove, options.Key ?? ""),
            _ => new SettingsEdit(SettingsEdit.Replace, "", JsonNode.Parse((await store.FindAsync(long.Parse(options.Key!, CultureInfo.InvariantCulture))
                ?? throw new SettingsException("version_unknown", $"There is no version {options.Key}, or it was deleted by age.")).Overlay)),
        };
        var next = edit.ApplyTo(overlay);
        var changed = Load(path, next);
        var changes = SettingsChange.Between(overlay.ToNode(), next.ToNode());
        if (!ConfigFile.BudgetOf(changed).Fits)
        {
            throw new SettingsException(SettingsException.Invalid, "With this change the memory plan does not fit into memory.limit.");
        }

        Print(changes);
        if (options.DryRun || changes.Count == 0)
        {
            return ExitCode.Success;
        }

        var author = SettingsAuthor.Command(options.Reason);
        var number = await store.AddAsync(new SettingsWrite(head.Number, next.Json, SettingsChange.ToJson(changes).ToJsonString(),
            options.Action == "rollback" ? "config.rollback" : author.Action, edit.Path, author.Actor, author.Reason));
        (number is null ? Console.Error : Console.Out).WriteLine(number is null ? "error: the settings were changed meanwhile; nothing was changed; run the command again"
            : $"version {number}. A running engine applies it within a second; if it cannot, /health (settings) reports why.");
        return number is null ? ExitCode.Failed : ExitCode.Success;
    }

    static int Show(SettingsOptions options, CartRecoveryConfig config, CartRecoveryConfig file, SettingsOverlay overlay)
    {
        var shown = SettingsView.Of(config, ConfigFile.Catalog);
        switch (options.Action)
        {
            case "diff":
                Print(SettingsChange.Between(SettingsView.Of(file, ConfigFile.Catalog), shown));
                return ExitCode.Success;
            case "export":
                Console.Write(SettingsYaml.Write(overlay, SettingsView.Of(config, ConfigFile.Catalog, isWritten: true)));
                return ExitCode.Success;
        }

        if (options.Key is not { } key)
        {
            Console.WriteLine(shown.ToJsonString(s_readable));
            return ExitCode.Success;
        }

        if (SettingsPath.Split(key) is not { } names || SettingsPath.Find(shown, names) is not { } value)
        {
            Console.Error.WriteLine($"error: {key} is not set");
            return ExitCode.Failed;
        }

        Console.WriteLine(value.ToJsonString(s_readable));
        return ExitCode.Success;
    }

    static CartRecoveryConfig Load(string path, SettingsOverlay overlay)
    {
        var (config, problems) = ConfigFile.Reload(path, overlay);
        return config ?? throw new SettingsException(SettingsException.Invalid, "") { Problems = [.. problems.Select(problem => problem.ToString())] };
    }

    static JsonNode? ValueOf(string text)
    {
        try
        {
            return SettingsOverlay.ParseValue(text);
        }
        catch (JsonException)
        {
            // A text such as 30m needs no quotes.
            return text;
        }
    }

    static void Print(IReadOnlyList<SettingsChange> changes)
    {
        if (changes.Count == 0)
        {
            Console.WriteLine("no differences");
        }

        foreach (var change in changes)
        {
            Console.WriteLine($"{(change.Path.Length == 0 ? "(all)" : change.Path)}: {Text(change.From)} -> {Text(change.To)}");
        }
    }

    static string Text(JsonNode? value) => value?.ToJsonString(s_plain) ?? "none";
}
