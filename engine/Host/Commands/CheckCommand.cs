using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Scoring;
using CartRecovery.Engine.Scoring.Onnx;
using CartRecovery.Engine.State;

namespace CartRecovery.Host.Commands;

/// <summary><c>check</c>: everything that would keep <c>run</c> from starting, at once.</summary>
static class CheckCommand
{
    public static int Run(CheckOptions options)
    {
        if (options.Schema)
        {
            Console.Write(ConfigSchema.Write(ConfigFile.Catalog));
            return ExitCode.Fine;
        }

        var path = ConfigFile.Locate(options.Config);
        if (ConfigFile.Load(path) is not { } config)
        {
            return ExitCode.BadConfiguration;
        }

        var budget = ConfigFile.Plan(config);
        var model = CheckModel(config);
        if (budget is null || model is null)
        {
            return ExitCode.BadConfiguration;
        }

        Console.WriteLine($"{path}: fine ({config.Stores.Count} stores, {config.Decisions.Campaigns.Count} campaigns, "
            + $"{config.Sinks.Count} sinks, model {model}, {budget.Total >> 20:N0} MB planned)");
        return ExitCode.Fine;
    }

    static string? CheckModel(CartRecoveryConfig config)
    {
        try
        {
            using var model = OnnxModel.Load(config.ModelPath, FeatureTable.Names);
            return model.Id;
        }
        catch (ModelException e)
        {
            Console.Error.WriteLine($"error: {e.Code}: {e.Message}");
            return null;
        }
    }
}
