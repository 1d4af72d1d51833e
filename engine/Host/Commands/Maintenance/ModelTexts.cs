using System.Globalization;
using CartRecovery.Engine.Ingest.DeadLetters;
using CartRecovery.Engine.Models;
using CartRecovery.Host.Data;
using CartRecovery.Host.Models;
using CartRecovery.Host.Output;

namespace CartRecovery.Host.Commands.Maintenance;

/// <summary>Prints models, for <see cref="RegistryCommand"/>.</summary>
static class ModelTexts
{
    /// <summary>Prints versions.</summary>
    public static void List(IReadOnlyList<ModelVersion> versions, ModelRegistry registry, ServingStatusFile? served, string data)
    {
        if (versions.Count == 0)
        {
            Console.WriteLine("No model is registered: start an engine, or see: cartrecovery models add --help");
            return;
        }

        var serving = DataFolder.IsInUse(data) ? served?.Version : null;
        Terminal.WriteTable(
        [
            ["VERSION", "ALIASES", "REGISTERED", "SOURCE", "DECLARES", "AUC", "PROBLEM"],
            .. versions.Select(version => new[]
            {
                version.Id, string.Join(", ", AliasesOf(version, registry)) + (version.Id == serving ? " (serving)" : ""),
                version.Found is { } found ? TimeText.Of(found.CreatedAt.ToUnixTimeMilliseconds()) : "", version.Found?.Source ?? "", TerminalText.Cut(version.Found?.Declared ?? "", 40),
                version.Found?.Metrics?.TryGetValue("auc", out var auc) == true ? auc.ToString("F3", CultureInfo.InvariantCulture) : "", TerminalText.Cut(version.Problem ?? "", 60),
            }),
        ]);
        if (served?.Problem is { } problem && serving is not null)
        {
            Console.WriteLine($"The engine does not serve the champion: {TerminalText.Clean(problem)}");
        }
    }

    /// <summary>Prints all that is known about a version.</summary>
    public static void Show(ModelVersion version, ModelRegistry registry)
    {
        var manifest = version.Manifest;
        Print("version", manifest.Id);
        Print("sha-256", manifest.Hash);
        Print("aliases", string.Join(", ", AliasesOf(version, registry)));
        Print("declares", manifest.Declared);
        Print("registered", $"{TimeText.Of(manifest.CreatedAt.ToUnixTimeMilliseconds())} by {manifest.CreatedBy}, from {manifest.Source}");
        Print("parent", manifest.Parent);
        Print("licence", manifest.Licence);
        Print("trained on", manifest.Window is { } window ? $"{TimeText.Of(window.From.ToUnixTimeMilliseconds())} to {TimeText.Of(window.To.ToUnixTimeMilliseconds())}" : null);
        Print("data", manifest.DataHash);
        Print("input", Tensor(manifest.Input));
        Print("output", Tensor(manifest.Output));
        Print("features", string.Join(", ", manifest.Features));
        Print("golden", string.Create(CultureInfo.InvariantCulture, $"{manifest.Golden.Count} rows"));
        foreach (var (name, value) in manifest.Metrics ?? new Dictionary<string, double>(StringComparer.Ordinal))
        {
            Print(name, value.ToString("G6", CultureInfo.InvariantCulture));
        }

        if (version.ReadCard() is { } card)
        {
            Console.WriteLine();
            Console.WriteLine(TerminalText.Clean(card));
        }
    }

    /// <summary>Prints moves of aliases.</summary>
    public static void History(IReadOnlyList<ModelAliasChange> changes) => Terminal.WriteTable(
    [
        ["MOVE", "AT", "ALIAS", "FROM", "TO", "BY", "WHY"],
        .. changes.Select(change => new[]
        {
            change.Number.ToString(CultureInfo.InvariantCulture), TimeText.Of(change.At.ToUnixTimeMilliseconds()), change.Alias, change.From ?? "", change.To ?? "",
            TerminalText.Cut(change.By, 40), TerminalText.Cut(change.Why, 60),
        }),
    ], 0);

    /// <summary>Prints a comparison.</summary>
    public static void Difference(ModelDifference difference)
    {
        Print("from", difference.From);
        Print("to", difference.To);
        Print("added", string.Join(", ", difference.AddedFeatures));
        Print("removed", string.Join(", ", difference.RemovedFeatures));
        foreach (var (name, values) in difference.Metrics)
        {
            Print(name, $"{Number(values[0])} -> {Number(values[1])}");
        }

        Print("scores", string.Create(CultureInfo.InvariantCulture,
            $"{difference.Rows} golden rows; mean change {difference.MeanChange:F4}, largest {difference.MaxChange:F4}, rank correlation {Number(difference.Correlation)}"));
    }

    static string Number(double? value) => value?.ToString("G4", CultureInfo.InvariantCulture) ?? "none";

    static string Tensor(ModelTensor tensor) => $"{tensor.Name}: {tensor.Datatype} [{string.Join(", ", tensor.Shape)}]";

    static IReadOnlyList<string> AliasesOf(ModelVersion version, ModelRegistry registry)
    {
        try
        {
            return registry.AliasesOf(version);
        }
        catch (ModelRegistryException e)
        {
            return [$"? ({e.Code})"];
        }
    }

    static void Print(string what, string? text)
    {
        if (!string.IsNullOrEmpty(text))
        {
            Console.WriteLine($"{what,-12}{TerminalText.Clean(text)}");
        }
    }
}
