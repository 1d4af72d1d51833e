using System.Globalization;
using System.Security.Cryptography;
using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration;
using CartRecovery.Host.Composition;

namespace CartRecovery.Host.Commands;

/// <summary>Finds problems that only the configured parts can detect, with their positions in the file.</summary>
static class ConfigInspection
{
    /// <summary>Returns the file's problems, including those of sink options and certificates.</summary>
    public static List<ConfigProblem> Of(ConfigResult result)
    {
        var problems = result.Problems.ToList();
        if (result.Draft is { } config)
        {
            problems.AddRange(Sinks(config, result.Problems));
            problems.AddRange(Certificates(config));
        }

        return problems;
    }

    /// <summary>Creates the problem of a missing model file.</summary>
    public static ConfigProblem? MissingModel(CartRecoveryConfig config) =>
        config.Scoring.Model.Length == 0 || config.ModelPaths.Any(File.Exists) ? null
        : config.Origin.ProblemOf(config.Scoring, "model",
            $"scoring.model: model_not_found: no model at {string.Join(" or ", config.ModelPaths)}; set the path of an .onnx file, "
            + "or remove the key to use the shipped model");

    /// <summary>Creates the problem of a memory plan above its limit.</summary>
    public static ConfigProblem DoesNotFit(CartRecoveryConfig config, MemoryBudget budget) => config.Origin.ProblemOf(config.Memory, "limit",
        string.Create(CultureInfo.InvariantCulture,
            $"memory.limit: the plan needs {budget.Total >> 20:N0} MB, the limit is {budget.Limit >> 20:N0} MB; lower memory.carts or raise memory.limit"));

    // Creates each sink, which opens nothing, and disposes of it. Sinks with invalid keys are already reported.
    static IEnumerable<ConfigProblem> Sinks(CartRecoveryConfig config, IReadOnlyList<ConfigProblem> known)
    {
        foreach (var (name, sink) in config.Sinks)
        {
            if (!config.Origin.IsSound(sink) || known.Any(p => p.Message.Contains($"sinks.{name}", StringComparison.Ordinal))
                || SinkCatalog.All.FirstOrDefault(s => s.Type == sink.Type) is not { } spec)
            {
                continue;
            }

            SinkConfigurationException error;
            try
            {
                spec.Create(new SinkSettings(name, spec, sink.Options)).Sink.DisposeAsync().AsTask().GetAwaiter().GetResult();
                continue;
            }
            catch (SinkConfigurationException e)
            {
                error = e;
            }

            yield return config.Origin.ProblemOfSink(name, sink, spec, error);
        }
    }

    static IEnumerable<ConfigProblem> Certificates(CartRecoveryConfig config)
    {
        foreach (var (key, tls) in new[] { ("httpTls", config.Listen.HttpTls), ("streamTls", config.Listen.StreamTls) })
        {
            if (tls is null || !config.Origin.IsSound(tls) || tls.Certificate.Length == 0 || tls.Key.Length == 0)
            {
                continue;
            }

            string message;
            try
            {
                tls.Load(config.Folder).Dispose();
                continue;
            }
            catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
            {
                message = e.Message;
            }

            yield return config.Origin.ProblemOfKey(config.Listen, key, $"listen.{key}: the certificate or its key cannot be read: {message}");
        }
    }
}
