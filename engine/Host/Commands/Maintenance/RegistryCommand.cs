using System.Globalization;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.Models;
using CartRecovery.Engine.Scoring;
using CartRecovery.Engine.State;
using CartRecovery.Host.Commands.Control;
using CartRecovery.Host.Data;
using CartRecovery.Host.Models;
using CartRecovery.Host.Output;

namespace CartRecovery.Host.Commands.Maintenance;

/// <summary>Implements <c>models</c>: manages the registry in the data folder, beside a running engine or without one.</summary>
static class RegistryCommand
{
    static readonly string[] s_actions = [ModelsCommand.Fit, "list", "add", "show", "diff", "alias", "rollback", "history", "delete"];

    static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(200);

    // An engine follows within a second, and needs another to load the model.
    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(15);

    public static Task<int> RunAsync(ModelsOptions options)
    {
        var problem = !s_actions.Contains(options.Action) ? $"unknown action '{options.Action}'; expected {string.Join(", ", s_actions[..^1])} or {s_actions[^1]}"
            : options.Action != "list" && options.Target is null ? $"models {options.Action}: expected {Expected(options.Action)}; see: cartrecovery models list"
            : options.Action == "alias" && options.Version is null ? "models alias: expected an alias and a version, such as: models alias champion purchase@3f2a9b"
            : null;
        if (problem is not null)
        {
            Console.Error.WriteLine($"error: {problem}");
            return Task.FromResult(ExitCode.BadUsage);
        }

        return ControlAccess.UseAsync(options.Config, (control, config) => RunAsync(options, control, config));
    }

    static async Task<int> RunAsync(ModelsOptions options, ControlDatabase control, CartRecoveryConfig config)
    {
        var data = Path.GetFullPath(config.Data);
        try
        {
            var registry = new ModelRegistry(new FolderFiles(data).Models, FeatureTable.Names, TimeProvider.System);
            switch (options.Action)
            {
                case "list":
                    ModelTexts.List(options.Target is { } name ? registry.List(name) : registry.List(), registry, ServingStatusFile.Read(new FolderFiles(data).Models), data);
                    return ExitCode.Success;
                case "show":
                    ModelTexts.Show(registry.Find(options.Target!), registry);
                    return ExitCode.Success;
                case "history":
                    ModelTexts.History(registry.History(options.Target!));
                    return ExitCode.Success;
                case "diff":
                    var from = registry.Find(options.Target!);
                    ModelTexts.Difference(ModelDifference.Between(registry, from, registry.Find(options.Version ?? $"{ModelRegistry.NameOf(from.Id)}@{ModelAlias.Champion}")));
                    return ExitCode.Success;
                case "add":
                    return await AddAsync(options, registry, control);
                case "delete":
                    var kept = new[] { config.Contact.Retention.Value, config.Journal.Retention.Value }.Max();
                    var deleted = registry.Delete(options.Target!, kept);
                    await RecordAsync(control, "model.delete", $"model:{deleted.Id}");
                    Console.WriteLine($"deleted {deleted.Id}");
                    return ExitCode.Success;
                default:
                    return await MoveAsync(options, registry, control, data);
            }
        }
        catch (ModelRegistryException e)
        {
            return Print(e.Code, e.Message);
        }
        catch (ModelException e)
        {
            return Print(e.Code, e.Message);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return CommandErrors.Print(e);
        }
    }

    static async Task<int> AddAsync(ModelsOptions options, ModelRegistry registry, ControlDatabase control)
    {
        if (!TryMetrics(options.Metrics, out var metrics))
        {
            Console.Error.WriteLine($"error: --metrics: expected numbers, as auc=0.71,log_loss=0.12; got '{options.Metrics}'");
            return ExitCode.BadUsage;
        }

        var source = ModelSource.Read(options.Target!, options.Name, options.Features);
        var card = options.Card ?? (File.Exists(Path.ChangeExtension(options.Target!, ".md")) ? Path.ChangeExtension(options.Target!, ".md") : null);
        var (version, isNew) = registry.Add(source with
        {
            Name = options.Name,
            Metrics = metrics ?? source.Metrics,
            Parent = options.Parent,
            Licence = options.Licence,
            Card = card is null ? null : await File.ReadAllTextAsync(card),
        }, AuditEvent.Command);
        if (isNew)
        {
            await RecordAsync(control, "model.add", $"model:{version.Id}");
        }

        Console.WriteLine(isNew ? $"added {version.Id}" : $"{version.Id} is there already");
        Console.WriteLine($"It decides after: cartrecovery models alias {ModelAlias.Champion} {version.Id}");
        return ExitCode.Success;
    }

    static async Task<int> MoveAsync(ModelsOptions options, ModelRegistry registry, ControlDatabase control, string data)
    {
        var move = MoveOf(options, registry);
        var change = registry.Move(move);
        if (change is null)
        {
            Console.WriteLine($"{move.Name}@{move.Alias} is {move.Version} already");
            return ExitCode.Success;
        }

        await RecordAsync(control, "model.alias", $"model:{move.Name}@{move.Alias}", $$"""{"version":"{{change.To}}"}""");
        Console.WriteLine($"{move.Name}@{move.Alias}: {change.From ?? "none"} -> {change.To ?? "none"}");
        var models = new FolderFiles(data).Models;
        if (move.Alias != ModelAlias.Champion || !DataFolder.IsInUse(data))
        {
            return ExitCode.Success;
        }

        if (ServingStatusFile.Read(models) is { } serving && serving.Model != move.Name)
        {
            Console.WriteLine($"it decides nothing: {serving.Model}@{ModelAlias.Champion} does, since scoring.model names {serving.Model}");
            return ExitCode.Success;
        }

        return await WaitAsync(change, models);
    }

    static ModelMove MoveOf(ModelsOptions options, ModelRegistry registry)
    {
        if (options.Action == "rollback")
        {
            var name = options.Target!;
            var present = registry.Aliases(name).FirstOrDefault(alias => alias.Name == options.Alias)?.Version;
            return new ModelMove(name, options.Alias, registry.Previous(name, options.Alias).Id, AuditEvent.Command, options.Why ?? "rollback") { Expected = present, IsRollback = true };
        }

        var version = options.Version!.Length == 0 ? null : registry.Find(options.Version);
        var model = version is not null ? ModelRegistry.NameOf(version.Id)
            : options.Name ?? throw new ModelRegistryException(ModelRegistryException.InvalidId, "--name: expected the model whose alias is to be removed.");
        return new ModelMove(model, options.Target!, version?.Id, AuditEvent.Command, options.Why ?? "") { Expected = options.Expected };
    }

    static async Task<int> WaitAsync(ModelAliasChange change, string folder)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(began) < s_patience)
        {
            if (ServingStatusFile.Answer(folder, change) is { } status)
            {
                if (status.Problem is { } problem)
                {
                    return Print(ModelRegistryException.Damaged, $"the engine goes on with the former model: {problem}");
                }

                Console.WriteLine($"the engine serves {status.Version}");
                return ExitCode.Success;
            }

            await Task.Delay(s_poll);
        }

        Console.Error.WriteLine("error: the running engine has not answered; it serves the version when it has, or after a restart. Its /health says which model serves");
        return ExitCode.Failed;
    }

    static Task RecordAsync(ControlDatabase control, string action, string target, string? details = null) =>
        new AuditLog(control).RecordAsync(new AuditEvent(AuditEvent.Command, action, target, Details: details));

    static bool TryMetrics(string? text, out Dictionary<string, double>? metrics)
    {
        metrics = text is null ? null : new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var part in text?.Split(',', StringSplitOptions.TrimEntries) ?? [])
        {
            if (part.Split('=') is not [var name, var value] || !double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) || !metrics!.TryAdd(name, number))
            {
                return false;
            }
        }

        return true;
    }

    static string Expected(string action) => action switch
    {
        "add" => "an ONNX file or the folder of an MLflow model",
        "alias" => "an alias and a version",
        "rollback" or "history" => "a model's name",
        _ => "a version",
    };

    static int Print(string code, string message)
    {
        Console.Error.WriteLine($"error: {code}: {TerminalText.Clean(message)}");
        return ExitCode.Failed;
    }
}
