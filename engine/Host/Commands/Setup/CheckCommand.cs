using System.Globalization;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.Configuration.Settings;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Scoring;
using CartRecovery.Engine.Scoring.Onnx;
using CartRecovery.Engine.State;
using CartRecovery.Host.Commands.Backtest;
using CartRecovery.Host.Commands.Control;
using CartRecovery.Host.Composition;
using CartRecovery.Host.Data;
using CartRecovery.Host.Output;
using CartRecovery.Host.Settings;

namespace CartRecovery.Host.Commands.Setup;

/// <summary><c>check</c>: reports everything that would keep <c>run</c> from starting.</summary>
static class CheckCommand
{
    public static async Task<int> RunAsync(CheckOptions options)
    {
        if (options.Schema)
        {
            Console.Write(ConfigSchema.Write(ConfigFile.Catalog));
            return ExitCode.Success;
        }

        var path = ConfigFile.Locate(options.Config);
        var result = ConfigLoader.Load(path, ConfigFile.Catalog);
        var problems = ConfigInspection.Of(result);
        MemoryBudget? budget = null;
        string? model = null, missingLibrary = null;
        if (result.Draft is { } draft)
        {
            budget = ConfigFile.BudgetOf(draft);
            if (!budget.Fits && result.Config is not null)
            {
                problems.Add(ConfigInspection.DoesNotFit(draft, budget));
            }

            if (ConfigInspection.MissingModel(draft) is { } missing)
            {
                problems.Add(missing);
            }
            else if (draft.Scoring.Model.Length > 0)
            {
                model = Load(draft, problems, out missingLibrary);
                problems.AddRange(missingLibrary is null ? NamedModels.ProblemsOf(draft) : []);
            }
        }

        ConfigFile.Print(problems);
        if (missingLibrary is not null)
        {
            Console.Error.WriteLine(missingLibrary);
        }

        if (budget is { Fits: false } && result.Config is not null)
        {
            Console.Error.WriteLine(budget);
        }

        if (problems.Count > 0 || missingLibrary is not null || result.Config is not { } config)
        {
            return ExitCode.BadConfiguration;
        }

        try
        {
            if (options.AgainstRunning)
            {
                return Compare(path, (await SettingsAccess.ApplyAsync(path, config)).Config);
            }

            if (options.Settings)
            {
                var applied = await SettingsAccess.ApplyAsync(path, config);
                if (!Settings(applied, config))
                {
                    return ExitCode.BadConfiguration;
                }

                await WarnOfTemplatesAsync(applied.Config);
            }

            foreach (var warning in ConfigInspection.Unlisted(config))
            {
                Console.Error.WriteLine(warning.ToWarning());
            }

            Print(path, config, model!, budget!, JournalFiles.StoresOf(config).All);
            if (result.Secrets.Count > 0)
            {
                Console.WriteLine();
                Terminal.WriteTable([["SECRET", "COMES FROM"], .. result.Secrets.Select(secret => (string[])[secret.Path, secret.Source])]);
            }

            return ExitCode.Success;
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

    static bool Settings((CartRecoveryConfig Config, SettingsStart Start) applied, CartRecoveryConfig file)
    {
        var (config, start) = applied;
        if (start.Problem is { } problem)
        {
            Console.Error.WriteLine(start.InForce == start.Head.Number
                ? "Campaigns of the API do not fit the file, so that an engine would start without them:"
                : $"The settings (version {start.Head.Number}) do not fit the file, so that an engine would start with the file alone:");
            Console.Error.WriteLine(problem.Replace("; ", "\n", StringComparison.Ordinal));
            return false;
        }

        var changed = SettingsChange.Between(SettingsView.Of(file, ConfigFile.Catalog), SettingsView.Of(config, ConfigFile.Catalog));
        Console.WriteLine($"The settings (version {start.Head.Number}) change: {(changed.Count == 0 ? "nothing" : string.Join(", ", changed.Select(change => change.Path)))}");
        return true;
    }

    static async Task WarnOfTemplatesAsync(CartRecoveryConfig config)
    {
        if (config.Decisions.Campaigns.Exists(campaign => campaign.TemplateNames.Any()) && await SettingsAccess.TemplatesAsync(config) is { } templates)
        {
            foreach (var problem in TemplateFit.UnfitIn(config, templates.Find, SinkCatalog.AddressesOf(config)))
            {
                Console.Error.WriteLine(problem.ToWarning());
            }
        }
    }

    static int Compare(string path, CartRecoveryConfig config)
    {
        if (RunningConfig.Compare(Path.GetFullPath(config.Data), EngineHost.ValuesOf(config)) is not var (reloads, restarts))
        {
            Console.Error.WriteLine($"error: no engine runs on {Path.GetFullPath(config.Data)}");
            return ExitCode.Failed;
        }

        Console.WriteLine($"{path}: no problems");
        Console.WriteLine(reloads.Count + restarts.Count == 0 ? "The running engine has this configuration."
            : $"A reload (SIGHUP) takes over: {(reloads.Count == 0 ? "nothing" : string.Join(", ", reloads))}");
        if (restarts.Count > 0)
        {
            Console.WriteLine($"Needs a restart: {string.Join(", ", restarts)}");
        }

        return ExitCode.Success;
    }

    static string? Load(CartRecoveryConfig config, List<ConfigProblem> problems, out string? missingLibrary)
    {
        missingLibrary = null;
        try
        {
            using var model = OnnxModel.Load(config.ModelPath, FeatureTable.Names);
            return model.Id;
        }
        catch (ModelException e) when (e.Code == ModelException.NativeLibraryMissing)
        {
            missingLibrary = ConfigFile.ProblemOf(config, e);
        }
        catch (ModelException e)
        {
            problems.Add(config.Origin.ProblemOf(config.Scoring, "model", $"scoring.model: {e.Code}: {e.Message}"));
        }

        return null;
    }

    static void Print(string path, CartRecoveryConfig config, string model, MemoryBudget budget, StoreTable stores)
    {
        Store[] removed = [.. stores.Where(s => s.IsRemoved)];
        Console.WriteLine($"{path}: no problems");
        Terminal.WriteTable(
        [
            ["PART", "COUNT", "WHAT"],
            ["stores", Count(config.Stores), string.Join(", ", config.Stores.Select(s => s.Id))],
            .. removed.Length == 0 ? (string[][])[] : [["removed stores", Count(removed), string.Join(", ", removed.Select(s => s.Id))]],
            ["campaigns", Count(config.Decisions.Campaigns), string.Join(", ", config.Decisions.Campaigns.Select(c => c.Name))],
            ["sinks", Count(config.Sinks), string.Join(", ", config.Sinks.Select(s => $"{s.Key} ({s.Value.Type})"))],
            ["model", "1", $"{model}, {config.ModelPath}"],
            ["memory", "", string.Create(CultureInfo.InvariantCulture, $"{budget.Total >> 20:N0} MB planned, of {budget.Limit >> 20:N0} MB")],
        ], 1);
        if (DataFolder.ReadFormat(Path.GetFullPath(config.Data)) is { HasStoreNumbers: false })
        {
            Console.WriteLine($"{config.Data} is of a version without store numbers. The next start numbers the stores in the order of the configuration: "
                + string.Join(", ", config.Stores.Select((s, number) => $"{number} {s.Id}")));
        }
    }

    static string Count<T>(ICollection<T> parts) => parts.Count.ToString(CultureInfo.InvariantCulture);
}
